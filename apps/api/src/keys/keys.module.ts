import { Module } from '@nestjs/common';

import { JwksController } from './jwks.controller.ts';
import { SigningKeyRotation } from './signing-key-rotation.ts';

/** The keys of access tokens: published, and renewed on schedule. */
@Module({ controllers: [JwksController], providers: [SigningKeyRotation] })
export class SigningKeysModule {}
