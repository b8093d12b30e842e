import { Controller, Get, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';

import type { LiveSession } from '#data/session';
import { AskedBy, type Asker } from '#platform/http/asker';
import { Session, StepUp } from '#platform/http/bearer';
import { Problems } from '#platform/http/problems';
import { SourceLimit } from '#platform/limits/source-limit';

import { DataExport } from './data-export.dto.ts';
import { ExportOwnData } from './export-own-data.usecase.ts';

/** What is stored about the user. */
@ApiTags('privacy')
@Controller('v1/me/export')
export class OwnDataController {
  constructor(private readonly exporting: ExportOwnData) {}

  /** Everything that refers to the user, as a file. What is left out, and why, stands in the inventory. */
  @Get()
  @StepUp()
  @SourceLimit('exports')
  @Problems()
  @ApiOkResponse({
    type: DataExport,
    headers: {
      'Content-Disposition': { description: 'That it is a file, and its name.', schema: { type: 'string' } },
    },
  })
  async exportOwnData(@Session() session: LiveSession, @AskedBy() asker: Asker): Promise<StreamableFile> {
    return new StreamableFile(await this.exporting.run(session, asker), {
      type: 'application/json; charset=utf-8',
      disposition: 'attachment; filename="troth-export.json"',
    });
  }
}
