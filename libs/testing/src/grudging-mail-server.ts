import { SMTPServer } from 'smtp-server';

/** A mail server that refuses each letter once, with words that hold all of it, as some do. What it takes is kept. */
export async function grudgingMailServer(letters: string[]): Promise<SMTPServer> {
  const seen = new Set<string>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onData(stream, { envelope }, done) {
      let text = '';
      stream.on('data', (part: Buffer) => (text += part.toString()));
      stream.on('end', () => {
        const id = /^message-id: (.*)$/im.exec(text)?.[1] ?? '';
        const isNew = !seen.has(id);
        seen.add(id);
        if (!isNew) letters.push(text.replaceAll('=\r\n', ''));
        const words = `${envelope.rcptTo.map(({ address }) => address).join()} is busy: ${text.replace(/\s+/g, ' ')}`;
        done(isNew ? Object.assign(new Error(words), { responseCode: 451 }) : null);
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
