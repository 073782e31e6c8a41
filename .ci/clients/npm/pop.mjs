// The oldest one that is still used: @alicloud/pop-core, the old signature alone.
import pop from '@alicloud/pop-core';
import { play, settings } from './scenario.mjs';
import { calls } from './calls.mjs';

function open(keys) {
  return calls((version, action, query) => new pop.RPCClient({
    accessKeyId: keys.id, accessKeySecret: keys.secret, securityToken: keys.token || undefined,
    endpoint: 'http://' + settings.endpoint, apiVersion: version,
  }).request(action, query, { method: 'POST' }));
}

await play(open);
