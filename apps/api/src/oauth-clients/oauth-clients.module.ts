import { Module } from '@nestjs/common';

import { Introspect } from './introspect.usecase.ts';
import { OauthClientsController } from './oauth-clients.controller.ts';
import { Revoke } from './revoke.usecase.ts';

/** Introspection and revocation of tokens, for services that were made clients. */
@Module({ controllers: [OauthClientsController], providers: [Introspect, Revoke] })
export class OauthClientsModule {}
