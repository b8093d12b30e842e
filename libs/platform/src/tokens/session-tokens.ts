import { Injectable } from '@nestjs/common';

import type { OpenedSession } from '#data/session';

import { KeyRing } from '../keys/key-ring.ts';
import { OwnTokens } from './own-tokens.ts';
import { numericDate } from './token-text.ts';

/** How long a device token is good for. */
export const DEVICE_SECONDS = 180 * 24 * 3_600;

/** What a refresh token says: which session, and which of its generations. */
export interface RefreshClaims {
  readonly sid: string;
  readonly gen: number;
}

/** What a device token says: a device that has logged in to an account. It is no factor. */
export interface DeviceClaims {
  /** The account. */
  readonly sub: string;
  /** Names the device. */
  readonly did: string;
  /** The account's device version: another one is void. */
  readonly ver: number;
}

/** The tokens that only this service reads. Nothing of them is stored but the generation of the session. */
@Injectable()
export class SessionTokens {
  readonly #refresh: OwnTokens<RefreshClaims>;
  readonly #device: OwnTokens<DeviceClaims>;

  constructor(keys: KeyRing) {
    this.#refresh = new OwnTokens('rt+jwt', keys.hmacKeys('refresh-token'));
    this.#device = new OwnTokens('dt+jwt', keys.hmacKeys('device-token'));
  }

  /** The refresh token of the session's present generation: the same text each time. */
  refreshToken({ sessionId, generation, issuedAt, refreshUntil }: OpenedSession): string {
    const times = { iat: numericDate(issuedAt), exp: numericDate(refreshUntil) };
    return this.#refresh.sign({ sid: sessionId, gen: generation, ...times });
  }

  /** Undefined for any other text. Whether its time is over the database tells by the session. */
  openRefreshToken(text: string): RefreshClaims | undefined {
    return this.#refresh.open(text);
  }

  /** A token for the device that logs in; `did` of the one it had, if any. */
  deviceToken(claims: DeviceClaims, at: Date): string {
    const iat = numericDate(at);
    return this.#device.sign({ ...claims, iat, exp: iat + DEVICE_SECONDS });
  }

  /** Undefined for any other text. `exp` is for the database's clock to judge. */
  openDeviceToken(text: string): (DeviceClaims & { readonly exp: number }) | undefined {
    return this.#device.open(text);
  }
}
