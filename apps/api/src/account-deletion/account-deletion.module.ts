import { Module } from '@nestjs/common';

import { CancelDeletion } from './cancel-deletion.usecase.ts';
import { DeletionReceiptsController } from './deletion-receipts.controller.ts';
import { EraseAccount } from './erase-account.usecase.ts';
import { OwnDeletionController } from './own-deletion.controller.ts';
import { ScheduleDeletion } from './schedule-deletion.usecase.ts';
import { VerifyReceipt } from './verify-receipt.usecase.ts';

/** How users leave: at once or on a day they choose, with a receipt that proves it. */
@Module({
  controllers: [OwnDeletionController, DeletionReceiptsController],
  providers: [EraseAccount, ScheduleDeletion, CancelDeletion, VerifyReceipt],
  exports: [EraseAccount],
})
export class AccountDeletionModule {}
