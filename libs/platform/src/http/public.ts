import { SetMetadata } from '@nestjs/common';

/** Where the guard looks whether a route is open. */
export const PUBLIC = 'troth:public';

/** Opens a route to everybody. A route without it, and without a way to authenticate, is refused: closed by default. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(PUBLIC, true);
