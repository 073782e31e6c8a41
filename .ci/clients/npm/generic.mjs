// The generic call of the SDKs before: @alicloud/openapi-client.
import openapi from '@alicloud/openapi-client';
import util from '@alicloud/tea-util';
import { play, settings } from './scenario.mjs';
import { calls } from './calls.mjs';

function open(keys) {
  const client = new openapi.default(new openapi.Config({
    accessKeyId: keys.id, accessKeySecret: keys.secret, securityToken: keys.token || undefined,
    endpoint: settings.endpoint, protocol: 'HTTP',
    signatureAlgorithm: settings.old ? 'v2' : undefined, // "v2" is what it calls the old one
  }));
  return calls(async (version, action, query) => {
    const params = new openapi.Params({
      action, version, protocol: 'HTTP', method: 'POST', authType: 'AK', style: 'RPC', pathname: '/',
      reqBodyType: 'formData', bodyType: 'json',
    });
    // Half of it as a form: the signature covers the body, too.
    const names = Object.keys(query);
    const pick = (half) => Object.fromEntries(names.filter((_, n) => n % 2 === half).map((name) => [name, query[name]]));
    const request = new openapi.OpenApiRequest({ query: pick(0), body: pick(1) });
    return (await client.callApi(params, request, new util.RuntimeOptions({}))).body;
  });
}

await play(open);
