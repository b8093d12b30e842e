import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** What the image holds, as links into the project: the last stage of the Dockerfile copies it. */
function imageIn(folder: string): void {
  const stage =
    readFileSync('docker/Dockerfile', 'utf8')
      .split(/^FROM /m)
      .at(-1) ?? '';
  for (const [, words = ''] of stage.matchAll(/^COPY (?:--from=\S+ )?(.+)$/gm)) {
    const paths = words.split(' ').map((word) => word.replace(/^\/app\//, ''));
    const target = paths.pop() ?? '';
    for (const source of paths) {
      const place = path.join(folder, target, target.endsWith('/') ? path.basename(source) : '.');
      mkdirSync(path.dirname(place), { recursive: true });
      symlinkSync(path.resolve(source), place);
    }
  }
}

test('npm run ops works with what the image holds', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'troth-image-'));
  try {
    imageIn(folder);
    const { stdout } = await promisify(execFile)('npm', ['run', 'ops', '--', 'help'], { cwd: folder });
    expect(stdout).toContain('npm run ops -- <command>');
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);
