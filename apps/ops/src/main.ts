import { dispatch } from './dispatch.ts';

process.exitCode = await dispatch(process.argv.slice(2), process.env, {
  say: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
});
