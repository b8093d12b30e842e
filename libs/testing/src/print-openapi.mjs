// Starts the built service, prints what it says at /openapi.json, and ends.
import 'reflect-metadata';

const { createApp } = await import('../../../dist/apps/api/src/app.js');
const { readConfig } = await import('../../../dist/libs/platform/src/config/config.js');

const app = await createApp(readConfig(process.env));
await app.init();
const server = app.getHttpAdapter().getInstance();
await server.ready();
const { body } = await server.inject({ method: 'GET', url: '/openapi.json', headers: { host: 'localhost' } });
process.stdout.write(`${body}\n`);
await app.close();
