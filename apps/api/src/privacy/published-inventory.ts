import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { readInventory, type Inventory } from '#data/inventory';

/** What the columns say of themselves, read once: it changes with a migration alone. */
@Injectable()
export class PublishedInventory {
  #inventory: Promise<Inventory> | undefined;

  constructor(private readonly db: Database) {}

  read(): Promise<Inventory> {
    return (this.#inventory ??= this.#readAnew());
  }

  async #readAnew(): Promise<Inventory> {
    try {
      return await readInventory(this.db.sql);
    } catch (error) {
      this.#inventory = undefined;
      throw error;
    }
  }
}
