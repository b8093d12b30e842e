/** The process runs. */
export class Live {
  status!: 'ok';
}

/** The service can do its work. */
export class Ready {
  status!: 'ok';
  /** The newest migration of the database. */
  schema!: string;
}
