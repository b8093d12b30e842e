import { Link } from '../../../components/link.tsx';
import { Time } from '../../../components/time.tsx';
import { nameOf, Status, type User } from './status.tsx';

/** Users, each with the way to all about them. No link is followed in advance: that would be a look, and be told. */
export function UserTable({ users }: { readonly users: readonly User[] }) {
  return (
    <div className="scroll card" tabIndex={0} role="region" aria-label="Accounts">
      <table className="rows">
        <caption>The newest first</caption>
        <thead>
          <tr>
            <th scope="col">Address</th>
            <th scope="col">User name</th>
            <th scope="col">Status</th>
            <th scope="col">Roles</th>
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <tr key={user.id}>
              <th scope="row">
                <Link href={`/admin/users/${user.id}`}>{nameOf(user)}</Link>
              </th>
              <td>{user.username ?? <span className="quiet">none</span>}</td>
              <td>
                <Status user={user} />
              </td>
              <td>{user.roles.length === 0 ? <span className="quiet">none</span> : user.roles.join(', ')}</td>
              <td>
                <Time at={user.created_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
