// What every client does, whoever made it: list, price, renew, renew again,
// auto-renewal on and off, tag, balance, another account. A client is an object
// with these calls, in the words of its own SDK underneath.
import assert from 'node:assert/strict';

export const region = 'cn-hangzhou';
const twelve = Array.from({ length: 12 }, (_, n) => 'i-' + String(n + 1).padStart(2, '0'));

// settings are where the emulator is and which signature is to be used.
export const settings = {
  endpoint: process.env.EMULATOR, // host:port
  old: process.env.SIGNATURE === 'old',
  keys: { id: 'emulator', secret: 'emulator', token: '' },
};

// minutes writes a time as the filters want it.
export const minutes = (ms) => new Date(ms).toISOString().slice(0, 16) + 'Z';

export async function play(open) {
  const client = open(settings.keys);
  const day = 24 * 3600 * 1000;
  const window = { from: minutes(Date.now() - day), to: minutes(Date.now() + 7 * day) };

  const ids = [];
  let next = '';
  do {
    const page = await client.list({ ...window, next });
    for (const instance of page.instances) {
      assert.match(instance.expires, /T16:00Z$/);
      assert.match(instance.address, /^10\./);
      assert.equal(instance.name, 'web *~+ é');
      ids.push(instance.id);
    }
    next = page.next;
  } while (next);
  assert.deepEqual(ids, twelve, 'list');

  assert.equal(await client.price('i-01'), 250, 'price');

  const order = await client.renew('i-01', 'a token*~+ of ours', 1);
  assert.ok(order, 'renew');
  assert.equal(await client.renew('i-01', 'a token*~+ of ours', 1), order, 'the same token again');
  await assert.rejects(() => client.renew('i-01', 'a token*~+ of ours', 2), coded('IdempotenceParamNotMatch'), 'the same token for another period');
  assert.notEqual(await client.renew('i-01', 'another token', 1), order, 'another token');
  await assert.rejects(() => client.renew('i-none', 'a third token', 1), coded('InvalidInstanceId.NotFound'), 'an unknown instance');

  await client.setAuto('i-02', true);
  assert.equal(await client.auto('i-02'), 'AutoRenewal', 'auto-renewal on');
  await client.setAuto('i-02', false);
  assert.equal(await client.auto('i-02'), 'Normal', 'auto-renewal off');

  await client.tag('i-03', 'renew:refused', '2026-12-31T16:00Z/1');
  assert.equal(await client.tagOf('i-03', 'renew:refused'), '2026-12-31T16:00Z/1', 'tag');

  assert.equal(await client.balance(), '11,845.60', 'balance');

  const keys = await client.assume('acs:ram::6543210987654321:role/renewer');
  assert.ok(keys.token, 'a session token');
  const theirs = await open(keys).list({ ...window, next: '' });
  assert.deepEqual(theirs.instances.map((i) => i.id), ['i-theirs'], 'the list of another account');

  const wrong = open({ ...settings.keys, secret: 'wrong' });
  await assert.rejects(() => wrong.list({ ...window, next: '' }), coded('SignatureDoesNotMatch'), 'a wrong secret');
}

// coded tests for an error of the API by its code.
function coded(code) {
  return (error) => String(error.code ?? error.data?.Code ?? error.name).includes(code);
}
