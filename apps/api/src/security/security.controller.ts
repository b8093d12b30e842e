import { Controller, Get, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Config } from '#platform/config/config';
import { Problems } from '#platform/http/problems';
import { Public } from '#platform/http/public';

import { SecurityParameters, securityParameters } from './security-parameters.dto.ts';

/** The promises of this service, in numbers. */
@ApiTags('security')
@Controller('v1/security')
export class SecurityController {
  readonly #parameters: SecurityParameters;

  constructor(config: Config) {
    this.#parameters = securityParameters(config);
  }

  /** States how improbable guessing is kept, and by what rules. */
  @Get('parameters')
  @Public()
  @Header('Cache-Control', 'public, max-age=300')
  @Problems()
  parameters(): SecurityParameters {
    return this.#parameters;
  }
}
