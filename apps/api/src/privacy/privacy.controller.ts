import { Controller, Get, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Config } from '#platform/config/config';
import { Problems } from '#platform/http/problems';
import { Public } from '#platform/http/public';

import { DataInventory, dataInventory } from './data-inventory.dto.ts';
import { DataRetention, dataRetention } from './data-retention.dto.ts';
import { PublishedInventory } from './published-inventory.ts';

const CACHE = 'public, max-age=300';

/** What is stored about people, why, and for how long: generated from what the columns say of themselves. */
@ApiTags('privacy')
@Controller('v1/privacy')
export class PrivacyController {
  constructor(
    private readonly published: PublishedInventory,
    private readonly config: Config,
  ) {}

  /** Every field that is stored, by class: why it is there, whom it tells about, how long it stays. */
  @Get('inventory')
  @Public()
  @Header('Cache-Control', CACHE)
  @Problems()
  async readInventory(): Promise<DataInventory> {
    return dataInventory(await this.published.read());
  }

  /** What stays how long, by table, and what is done with it then. */
  @Get('retention')
  @Public()
  @Header('Cache-Control', CACHE)
  @Problems()
  async readRetention(): Promise<DataRetention> {
    return dataRetention(await this.published.read(), this.config.purgeIntervalSeconds);
  }
}
