import { ValidateBy } from 'class-validator';

import { isBirthdate } from '#domain/birthdate';
import { LONGEST_DISPLAY_NAME, parseDisplayName } from '#domain/display-name';

const rule = (name: string, message: string, isRight: (text: string) => boolean): PropertyDecorator =>
  ValidateBy({
    name,
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isRight(value),
      defaultMessage: () => `$property must be ${message}`,
    },
  });

/** How a user wants to be called, whoever sets it. */
export const DisplayName = (): PropertyDecorator =>
  rule(
    'displayName',
    `1 to ${LONGEST_DISPLAY_NAME} characters of one line, none of them for control`,
    (text) => parseDisplayName(text) !== undefined,
  );

/** A day of birth. Whether it lies in the past is for the database's clock to say. */
export const Birthdate = (): PropertyDecorator =>
  rule('birthdate', 'a calendar day from 1900 on, as YYYY-MM-DD', (text) => isBirthdate(text, '9999-12-31'));
