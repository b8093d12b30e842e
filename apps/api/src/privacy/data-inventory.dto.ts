import { ApiProperty } from '@nestjs/swagger';

import type { AnnotatedColumn, Inventory } from '#data/inventory';
import { DATA_CLASSES, PERSONAL } from '#domain/annotation';

/** A field that is stored. */
export class InventoryField {
  table!: string;
  field!: string;
  /** Why it is there. */
  purpose!: string;
  /** `yes`: it tells about somebody; `pseudonym`: by a random id, an HMAC or sealed; `no`: about nobody. */
  @ApiProperty({ enum: PERSONAL })
  personal!: 'yes' | 'pseudonym' | 'no';
  /** How long it stays: a period (ISO 8601), or a word that GET /v1/privacy/retention explains. */
  retention!: string;
  /** The field that the period counts from; null: none. */
  from!: string | null;
  /** The field that holds the end; null: none. */
  until!: string | null;
  /** Whether the service does without it. */
  optional!: boolean;
  /** Why an export leaves it out; null: it does not. */
  withheld!: string | null;
}

/** Fields of one kind. */
export class InventoryClass {
  class!: string;
  fields!: InventoryField[];
}

/** Everything that is stored. */
export class DataInventory {
  data!: InventoryClass[];
}

/** The inventory as it is published, class by class. */
export function dataInventory({ columns }: Inventory): DataInventory {
  const classes = DATA_CLASSES.map((name) => ({
    class: name,
    fields: columns.filter((column) => column.class === name).map(fieldOf),
  }));
  return { data: classes.filter(({ fields }) => fields.length > 0) };
}

function fieldOf(it: AnnotatedColumn): InventoryField {
  const { table, column, purpose, personal, retention, from, until, isOptional, withheld } = it;
  return { table, field: column, purpose, personal, retention, from, until, optional: isOptional, withheld };
}
