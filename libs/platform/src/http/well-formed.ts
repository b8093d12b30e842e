import { ValidateBy } from 'class-validator';

/** A text that can be stored and sent: no lone surrogates (not UTF-16) and no NUL (PostgreSQL holds none). */
export const WellFormed = (): PropertyDecorator =>
  ValidateBy({
    name: 'wellFormed',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && value.isWellFormed() && !value.includes('\0'),
      defaultMessage: () => '$property must be well-formed Unicode text without NUL',
    },
  });
