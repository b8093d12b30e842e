import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Problems } from '#platform/http/problems';
import { Public } from '#platform/http/public';
import { SourceLimit } from '#platform/limits/source-limit';

import { VerifiedReceipt, VerifyReceiptDto } from './verify-receipt.dto.ts';
import { VerifyReceipt } from './verify-receipt.usecase.ts';

/** What those who left have in their hands. */
@ApiTags('deletion')
@Controller('v1/deletion-receipts')
export class DeletionReceiptsController {
  constructor(private readonly verification: VerifyReceipt) {}

  /** Verifies a receipt. The key set is enough to do so offline; this tells besides whether the account is gone. */
  @Post('verify')
  @Public()
  @HttpCode(200)
  @SourceLimit('receipts')
  @Problems()
  verifyReceipt(@Body() { receipt }: VerifyReceiptDto): Promise<VerifiedReceipt> {
    return this.verification.run(receipt);
  }
}
