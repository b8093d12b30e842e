import { Link } from '../../../../../components/link.tsx';

/** What an erasure takes and what it leaves, as docs/deletion.md has it. Afterwards the API says the same with numbers and dates. */
export function Forecast() {
  return (
    <>
      <h2>What goes</h2>
      <ul>
        <li>the e-mail address, and every other one that a change waits for,</li>
        <li>the profile and the password,</li>
        <li>all sessions and devices,</li>
        <li>the links in former letters, and letters that were not sent yet,</li>
        <li>the key without which nobody can read what was noted down about the account.</li>
      </ul>
      <h2>What stays for a while</h2>
      <ul>
        <li>
          for a day: counts of letters, log-ins and requests, under keyed hashes, so that limits do not begin anew;
        </li>
        <li>for 30 days, if somebody guessed at your codes: that they did, under a keyed hash;</li>
        <li>for a year: that something happened and when, under a random number that leads nowhere any more;</li>
        <li>for a day at most: the last letter to you, sealed, until it is sent;</li>
        <li>for some minutes: access tokens that were issued, which are refused at once.</li>
      </ul>
      <p>
        You get a signed receipt of it. If you want to keep what is stored about you,{' '}
        <Link href="/account/deletion">download it</Link> before.
      </p>
    </>
  );
}
