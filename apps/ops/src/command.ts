import type { NeededSettings } from '#platform/config/config';
import type { SettingName } from '#platform/config/settings';

/** What a command is given to work with. */
export interface Terminal {
  /** The words that stand behind the name of the command. */
  readonly words: readonly string[];
  /** Reads the settings that the command needs. Throws ConfigInvalid with all that are missing or wrong. */
  readonly settings: <Name extends SettingName>(...names: readonly Name[]) => NeededSettings<Name>;
  /** Writes a line to standard output. */
  readonly say: (line: string) => void;
}

/** One act of the command line. */
export interface Command {
  readonly name: string;
  /** What the help says of it. */
  readonly summary: string;
  /** The words it takes behind its name, as the help shows them. Absent: it takes none, and any is refused. */
  readonly takes?: string;
  /** Does it; rejects with CommandRefused when it cannot. */
  readonly run: (terminal: Terminal) => Promise<void>;
}

/** What is wrong, in words for whoever typed the command: shown without a stack trace; the process ends with status 1. */
export class CommandRefused extends Error {}
