/** A user name: 3 to 30 characters, starting with a letter; always lower case, so two spellings never differ by case. */
export const USERNAME_PATTERN = /^[a-z][a-z0-9_.-]{2,29}$/;
