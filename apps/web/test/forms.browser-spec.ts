import { setAdmin } from '#testing/admins';
import type { Visit } from '#testing/browser';
import { eventually } from '#testing/eventually';
import { TestSession } from '#testing/sessions';
import { ageSession } from '#testing/time-travel';

import { isAt, sees } from './steps.ts';
import { cookiesOf, describeWeb } from './test-web.ts';

jest.setTimeout(120_000);

const PASSWORD = 'correct horse battery';

/** What has the focus: its element, and how it is called. */
const focused = ({ page }: Visit): Promise<string> =>
  page.evaluate<string>(`(({ localName, labels, ariaLabel, innerText }) =>
    localName + ' ' + (ariaLabel ?? labels?.[0]?.innerText ?? innerText).trim().replace(/\\s.optional.$/, ''))(document.activeElement)`);

const comesToFocus = (visit: Visit, wanted: string): Promise<unknown> =>
  eventually(async () => ((await focused(visit)) === wanted ? true : undefined));

/** Goes on by the keyboard alone until something has the focus. */
async function tabTo(visit: Visit, wanted: string): Promise<void> {
  for (let steps = 0; steps < 40; steps += 1) {
    // A button that is one of many goes on to say which.
    const called = (await focused(visit)).replace(/\s+/g, ' ');
    if (called === wanted || called.startsWith(`${wanted}, `)) return;
    await visit.page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard comes to no ${wanted}`);
}

async function type(visit: Visit, label: string, text: string): Promise<void> {
  await tabTo(visit, `input ${label}`);
  await visit.page.keyboard.press('ControlOrMeta+A');
  await visit.page.keyboard.type(text);
}

async function press(visit: Visit, name: string): Promise<void> {
  await tabTo(visit, `button ${name}`);
  await visit.page.keyboard.press('Enter');
}

describeWeb('the forms of the web application', (web) => {
  test.each([
    ['/login', 'E-mail address or user name'],
    ['/register', 'User name'],
  ])('%s has telephones neither capitalize nor correct the field “%s”', async (path, label) => {
    const field = (await web.visit(path)).page.getByLabel(label);
    expect(await field.getAttribute('autocapitalize')).toBe('none');
    expect(await field.getAttribute('spellcheck')).toBe('false');
  });

  test('what is wrong with something that is not shown is said in words, and no field is said to be marked', async () => {
    const { id } = await web.someone();
    const admin = await web.someone('admin');
    await setAdmin(web.app, admin.id);
    await admin.session.renew();
    const visit = await web.visit(`/admin/users/${id}`, cookiesOf(admin));
    const sessions = visit.page.getByRole('region', { name: 'Sessions' });
    // Longer than the field lets anybody type.
    await visit.page.evaluate(`document.getElementById('sessions_reason').removeAttribute('maxlength')`);
    await sessions.getByLabel('Reason').fill('x'.repeat(501));
    await sessions.getByRole('button', { name: 'End all sessions' }).click();
    expect(await sessions.getByRole('alert').innerText()).toBe('Please say why, in at most 500 characters.');
    expect(await visit.page.locator('[aria-invalid=true]').count()).toBe(0);
  });

  test('what cannot be a password is not the password', async () => {
    const user = await web.someone();
    const visit = await web.visit('/reauthenticate?next=/account/deletion', cookiesOf(user));
    for (const typed of ['', 'x'.repeat(5_000)]) {
      await visit.page.getByLabel('Password').fill(typed);
      await visit.page.getByRole('button', { name: 'Go on' }).click();
      await visit.page.locator('#password-wrong').waitFor();
      expect(await visit.page.locator('#password-wrong').innerText()).toBe('This is not your password.');
      await visit.page.reload();
    }
  });

  describe('by the keyboard alone', () => {
    test('who registers is led to the first field that is not right', async () => {
      const visit = await web.visit('/register');
      await type(visit, 'E-mail address', 'nobody');
      await type(visit, 'Password', 'short');
      await press(visit, 'Register');
      await comesToFocus(visit, 'input E-mail address');
      await type(visit, 'E-mail address', web.address());
      await press(visit, 'Register');
      await comesToFocus(visit, 'input Password');
      await visit.page.keyboard.type(PASSWORD);
      await visit.page.keyboard.press('Enter');
      await isAt(visit, '/verify');
    });

    test('who logs in and ends a session is led to what came of it', async () => {
      const { who } = await web.someone();
      await TestSession.of(web.app, who, { device_name: 'The phone' });
      const visit = await web.visit('/login?next=/account/sessions');
      await type(visit, 'E-mail address or user name', who.email);
      await type(visit, 'Password', 'a wrong password');
      await visit.page.keyboard.press('Enter');
      await comesToFocus(visit, 'p The name or the password is not right.');
      await type(visit, 'Password', who.password);
      await visit.page.keyboard.press('Enter');
      await isAt(visit, '/account/sessions');
      await press(visit, 'End The phone');
      // The button that had the focus is gone.
      await comesToFocus(visit, 'p The session is ended.');
    });

    test('who has to show the password once more is led to where it is asked for', async () => {
      const user = await web.someone();
      await ageSession(web.app.db, user.session.id, 400);
      await user.session.renew();
      const visit = await web.visit('/account/email', cookiesOf(user));
      await type(visit, 'New address', web.address());
      await visit.page.keyboard.press('Enter');
      await comesToFocus(visit, 'input Password');
      await visit.page.keyboard.type('a wrong password');
      await visit.page.keyboard.press('Enter');
      await sees(visit, 'This is not your password.');
      await comesToFocus(visit, 'input Password');
      await visit.page.keyboard.type(user.who.password);
      await visit.page.keyboard.press('Enter');
      await sees(visit, 'a letter with a code');
    });

    test('a button that was pressed keeps the focus meanwhile, and pressed again it does nothing', async () => {
      const { who } = await web.someone();
      const visit = await web.visit('/forgot');
      await type(visit, 'E-mail address', who.email);
      web.calls();
      web.network.delay = 1_000;
      await press(visit, 'Mail me a link');
      await visit.page.keyboard.press('Enter');
      expect(await focused(visit)).toBe('button Mail me a link');
      await sees(visit, 'a letter is on its way to it');
      web.network.delay = 0;
      expect(web.calls().map(({ line }) => line)).toEqual(['POST /v1/password-resets']);
      expect(await focused(visit)).toMatch(/^p If there is an account/);
    });
  });
});
