/** Where the API is, as this server reaches it. */
export const TROTH_URL = (process.env.TROTH_URL ?? 'http://localhost:3000').replace(/\/+$/, '');
/** Who issues access tokens: the PUBLIC_URL of the API. */
export const TROTH_ISSUER = process.env.TROTH_ISSUER ?? TROTH_URL;
/** Whom they are for: the ACCESS_TOKEN_AUDIENCE of the API. */
export const TROTH_AUDIENCE = process.env.TROTH_AUDIENCE ?? TROTH_ISSUER;
/** What cookies of a registration under way are sealed with. Every process of the application has to have the same. */
export const WEB_SECRET = process.env.WEB_SECRET;
