import { Module } from '@nestjs/common';

import { ExportLimit } from './export-limit.ts';
import { ExportOwnData } from './export-own-data.usecase.ts';
import { OwnDataController } from './own-data.controller.ts';
import { PrivacyController } from './privacy.controller.ts';
import { PublishedInventory } from './published-inventory.ts';

/** What is stored about people, and what they are given of it. */
@Module({
  controllers: [PrivacyController, OwnDataController],
  providers: [PublishedInventory, ExportOwnData, ExportLimit],
})
export class PrivacyModule {}
