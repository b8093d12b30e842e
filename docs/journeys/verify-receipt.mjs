// Verifies a deletion receipt without asking anybody: with the answer to `DELETE /v1/me`, or with what the last letter says,
// and with a copy of the key set. It needs jose from npm.
//   node verify-receipt.mjs farewell.json jwks.json
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { compactVerify, createLocalJWKSet } from 'jose';

const [farewell, keySet] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')));

const { payload, protectedHeader } = await compactVerify(farewell.receipt, createLocalJWKSet(keySet));
if (protectedHeader.typ !== 'deletion-receipt+jwt') throw new Error('another kind of token');
const { iat, commitment, erased, retained } = JSON.parse(new TextDecoder().decode(payload));

// Whose receipt it is: SHA-256 over the salt and the 16 bytes of the id.
const { account_id, salt } = farewell.opening;
const id = Buffer.from(account_id.replaceAll('-', ''), 'hex');
const opened = createHash('sha256').update(Buffer.from(salt, 'base64url')).update(id).digest('base64url');

const at = new Date(iat * 1000).toISOString();
const told = { signed: true, is_of_this_account: opened === commitment, at, erased, retained };
process.stdout.write(`${JSON.stringify(told)}\n`);
