/** For tests outside of the root package, where its names mean nothing. */
export { freePort } from '#data/free-port';
