import type { FastifyReply } from 'fastify';

/** Says that the answer depends on a field of the request, besides those that it depends on already (RFC 9110, 12.5.5). */
export function varyBy(reply: FastifyReply, field: string): void {
  const fields = String(reply.getHeader('vary') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (!fields.includes(field)) reply.header('vary', [...fields, field].join(', '));
}
