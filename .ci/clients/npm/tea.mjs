// The current SDKs: @alicloud/ecs20140526, sts20150401, bssopenapi20171214, which
// stand on openapi-core.
import * as ecs from '@alicloud/ecs20140526';
import * as sts from '@alicloud/sts20150401';
import * as bss from '@alicloud/bssopenapi20171214';
import { $OpenApiUtil } from '@alicloud/openapi-core';
import { play, region, settings } from './scenario.mjs';

function open(keys) {
  const config = () => new $OpenApiUtil.Config({
    accessKeyId: keys.id, accessKeySecret: keys.secret, securityToken: keys.token || undefined,
    endpoint: settings.endpoint, protocol: 'http', regionId: region,
    signatureAlgorithm: settings.old ? 'v2' : undefined, // "v2" is what they call the old one
  });
  const Ecs = ecs.default.default, Sts = sts.default.default, Bss = bss.default.default;
  const e = new Ecs(config());
  return {
    async list({ from, to, next }) {
      const { body } = await e.describeInstances(new ecs.default.DescribeInstancesRequest({
        regionId: region, instanceChargeType: 'PrePaid', resourceGroupId: 'rg-1',
        tag: [new ecs.default.DescribeInstancesRequestTag({ key: 'env', value: 'prod' })],
        filter: [undefined, undefined,
          new ecs.default.DescribeInstancesRequestFilter({ key: 'ExpiredStartTime', value: from }),
          new ecs.default.DescribeInstancesRequestFilter({ key: 'ExpiredEndTime', value: to })],
        maxResults: 10, nextToken: next || undefined,
      }));
      return {
        next: body.nextToken,
        instances: body.instances.instance.map((i) => ({
          id: i.instanceId, name: i.instanceName, expires: i.expiredTime, address: i.vpcAttributes.privateIpAddress.ipAddress[0],
        })),
      };
    },
    async price(id) {
      const { body } = await e.describeRenewalPrice(new ecs.default.DescribeRenewalPriceRequest({ regionId: region, resourceId: id, period: 1, priceUnit: 'Month' }));
      return body.priceInfo.price.tradePrice;
    },
    async renew(id, token, months) {
      const { body } = await e.renewInstance(new ecs.default.RenewInstanceRequest({ instanceId: id, period: months, periodUnit: 'Month', clientToken: token }));
      return body.orderId;
    },
    async setAuto(id, on) {
      await e.modifyInstanceAutoRenewAttribute(new ecs.default.ModifyInstanceAutoRenewAttributeRequest({
        regionId: region, instanceId: id, autoRenew: on, duration: on ? 1 : undefined, periodUnit: on ? 'Month' : undefined,
      }));
    },
    async auto(id) {
      const { body } = await e.describeInstanceAutoRenewAttribute(new ecs.default.DescribeInstanceAutoRenewAttributeRequest({ regionId: region, instanceId: id }));
      return body.instanceRenewAttributes.instanceRenewAttribute[0].renewalStatus;
    },
    async tag(id, key, value) {
      await e.tagResources(new ecs.default.TagResourcesRequest({
        regionId: region, resourceType: 'instance', resourceId: [id], tag: [new ecs.default.TagResourcesRequestTag({ key, value })],
      }));
    },
    async tagOf(id, key) {
      const { body } = await e.describeInstances(new ecs.default.DescribeInstancesRequest({ regionId: region, instanceIds: JSON.stringify([id]) }));
      return body.instances.instance[0].tags.tag.find((t) => t.tagKey === key)?.tagValue;
    },
    async balance() {
      const { body } = await new Bss(config()).queryAccountBalance();
      return body.data.availableAmount;
    },
    async assume(arn) {
      const { body } = await new Sts(config()).assumeRole(new sts.default.AssumeRoleRequest({ roleArn: arn, roleSessionName: 'tea' }));
      const c = body.credentials;
      return { id: c.accessKeyId, secret: c.accessKeySecret, token: c.securityToken };
    },
  };
}

await play(open);
