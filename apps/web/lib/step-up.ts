/** The field of a form in which the password is shown once more. By its name it is a secret. */
export const STEP_UP = 'step_up_password';
