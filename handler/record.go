package handler

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A record is an event of the cloud about something that happened: a CloudEvent
// of EventBridge, a CloudMonitor notification, an ActionTrail record, or what is
// within one of these, delivered without its envelope (RawData). Of these only the
// instances count that it names. Where it was made says nothing about where they
// are.

// isRecord goes by the keys that each kind must have.
func isRecord(fields map[string]json.RawMessage) bool {
	has := func(key string) bool { return fields[key] != nil }
	return isCloudEvent(fields) ||
		has("eventName") && (has("eventSource") || has("serviceName")) ||
		has("product") && has("name") && (has("content") || has("resourceId")) ||
		isRawData(fields)
}

func isCloudEvent(fields map[string]json.RawMessage) bool {
	return fields["specversion"] != nil && fields["source"] != nil && fields["type"] != nil
}

// isRawData says whether fields are what an event of an instance, or of a queue, has
// within its envelope. With a key of a request beside it, also one nearly
// right, it is a request by hand, and read to the letter.
func isRawData(fields map[string]json.RawMessage) bool {
	text := func(key string) (s string) { _ = json.Unmarshal(fields[key], &s); return s }
	ofInstance := typeOfOurs(text("resourceType")) >= 0 || isResource(text("resourceId"))
	named := text("resourceId") != "" && ofInstance || text("instanceId") != "" || fields["messageBody"] != nil
	return named && noRequest(fields) == nil
}

// parseMessage reads the text of an MNS message, plain or in base64.
// Other keys beside it are attributes of the message.
func parseMessage(fields map[string]json.RawMessage, key string) (Request, error) {
	if err := noRequest(fields); err != nil {
		return Request{}, err
	}
	var text string
	if err := json.Unmarshal(fields[key], &text); err != nil {
		return Request{}, lang.Err("the text of the message is not a string", "消息的正文不是字符串")
	}
	if fields, ok := encodedRecord(text); ok {
		return named(fields)
	}
	record, err := object([]byte(text))
	if err == nil && !isRecord(record) {
		err = lang.Err("its keys are others", "键不符")
	}
	if err != nil {
		return Request{}, lang.Err("the text of the message is not a record of CloudMonitor or ActionTrail: %v", "消息的正文不是云监控或操作审计的记录：%v", err)
	}
	return named(record)
}

// noRequest refuses what is an event of the cloud and asks for something, too:
// a brake in it must not be overlooked, also one that is spelt in another way.
func noRequest(fields map[string]json.RawMessage) error {
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if slices.ContainsFunc(requestKeys, func(known string) bool { return alike(key, known) }) {
			return lang.Err("the event is one of the cloud's and has the key %q of a request; send the one or the other", "事件是云产品事件，却带有请求的键 %q；两者只能选其一", brief(key))
		}
	}
	return nil
}

// alike says whether two keys differ in capitals and separators alone.
func alike(a, b string) bool {
	letters := strings.NewReplacer("_", "", "-", "")
	return strings.EqualFold(letters.Replace(a), letters.Replace(b))
}

// encodedRecord reads a record in base64, as some publish it.
func encodedRecord(text string) (map[string]json.RawMessage, bool) {
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, false
	}
	fields, err := object(decoded)
	return fields, err == nil && isRecord(fields)
}

// parseCloudEvents reads an array of CloudEvents or other records, or of strings
// that hold them.
func parseCloudEvents(text []byte) (Request, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil {
		return Request{}, lang.Err("the event is not valid JSON", "事件不是有效的 JSON")
	}
	if len(list) == 0 {
		return Request{}, lang.Err("the event is an empty list and so names nothing; send an empty event for a full run", "事件是空列表，没有指定任何内容；如需完整运行，请发送空事件")
	}
	all := Request{}
	for i, raw := range list {
		if inner, ok := asString(raw); ok {
			raw = json.RawMessage(inner)
		}
		fields, err := object(raw)
		if err == nil && !isRecord(fields) {
			err = lang.Err("it is not a CloudEvent: it needs specversion, source and type", "不是 CloudEvent：缺少 specversion、source 或 type")
		}
		var one Request
		if err == nil {
			one, err = named(fields)
		}
		if err != nil {
			return Request{}, lang.Err("element %d of the event: %v", "事件的第 %d 项：%v", i+1, err)
		}
		all.IDs = append(all.IDs, one.IDs...)
	}
	all.IDs = unique(all.IDs)
	return all, nil
}

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// ofTheCloud marks a request, or the lack of one, as asked for by the cloud.
func ofTheCloud(r Request, err error) (Request, error) {
	r.Trigger = byEvent
	return r, err
}

// named gives the instances that a record names.
func named(fields map[string]json.RawMessage) (Request, error) {
	request := Request{}
	if err := noRequest(fields); err != nil {
		return Request{}, err
	}
	var product string
	if raw := fields["product"]; raw != nil {
		_ = json.Unmarshal(raw, &product)
		if !slices.Contains(services, strings.ToLower(product)) {
			return Request{}, lang.Err("the event is of another product than those that are renewed from here: %s", "事件不属于可续费的产品：%s", strings.Join(renewal.ProductKeys(), ", "))
		}
	}
	if err := search(fields, &request, false, 0); err != nil {
		return Request{}, err
	}
	if len(request.IDs) == 0 {
		return Request{}, lang.Err("the event names no ECS instance, and no other subscription that can be renewed from here; route only events of instances to this function", "事件没有指明任何可续费的实例；请只将实例事件路由到本函数")
	}
	request.IDs = unique(request.IDs)
	return request, nil
}

// search looks where the records of the cloud keep instance ids: the documents
// do not settle which of these places a given event uses. A brake in one of them
// is an error, and not overlooked: no event of the cloud has one.
func search(fields map[string]json.RawMessage, r *Request, others bool, depth int) error {
	others = others || ofOtherProduct(fields)
	for key := range fields {
		if alike(key, "dryRun") {
			return lang.Err("the event is one of the cloud's and asks for a dry run; send a request for that", "事件是云产品事件，却要求试运行；试运行请用请求发起")
		}
	}
	for _, key := range []string{"resourceId", "instanceId", "subject"} {
		var text string
		if json.Unmarshal(fields[key], &text) == nil {
			r.addInstance(text, others)
		}
	}
	for _, key := range []string{"requestParameters", "requestParameterJson"} {
		r.addParameters(within(fields[key]), others)
	}
	var resources map[string][]string
	if json.Unmarshal(fields["referencedResources"], &resources) == nil {
		for _, kind := range slices.Sorted(maps.Keys(resources)) {
			for _, id := range resources[kind] {
				if n := typeOfOurs(kind); n >= 0 {
					r.addInstance(id, n > 0)
				}
			}
		}
	}
	var orders map[string]struct{ ResourceId string }
	if json.Unmarshal(fields["additionalEventData"], &orders) == nil {
		for _, order := range orders {
			r.addInstance(order.ResourceId, others)
		}
	}
	const deepest = 5 // a record in a message in an event of its queue
	for _, key := range []string{"data", "content", "event", "messageBody"} {
		if inner := within(fields[key]); inner != nil && depth < deepest {
			if err := search(inner, r, others, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// within gives the object in a value: one as it is, in a text, or in base64; nil =
// there is none.
func within(raw json.RawMessage) map[string]json.RawMessage {
	if text, ok := asString(raw); ok {
		raw = json.RawMessage(text)
		if decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text)); err == nil {
			raw = decoded
		}
	}
	fields, err := object(raw)
	if err != nil {
		return nil
	}
	return fields
}

// addParameters takes the instances that the parameters of a call name, by
// InstanceId or InstanceIds, or as the calls of other products have it: one, a list,
// a list in a text, with commas between, or numbered as the call had them
// (InstanceId.1).
func (r *Request) addParameters(parameters map[string]json.RawMessage, others bool) {
	for key, value := range parameters {
		name, _, _ := strings.Cut(strings.ToLower(key), ".")
		if name != "instanceid" && name != "instanceids" && !(others && slices.Contains(idParameters, name)) {
			continue
		}
		text, ok := asString(value)
		if !ok {
			text = string(value)
		}
		var list []string
		if json.Unmarshal([]byte(text), &list) != nil {
			list = strings.Split(text, ",")
		}
		for _, id := range list {
			r.addInstance(strings.TrimSpace(id), others)
		}
	}
}

// addInstance takes an instance's id, bare or at the end of a resource name:
// acs:ecs:<region>:<account>:instance/<id>. A bare one that does not look like a
// server's is believed where others says that the record is of another product.
func (r *Request) addInstance(text string, others bool) {
	if strings.HasPrefix(text, "acs:") {
		others = isResource(text) && !strings.HasPrefix(text, "acs:ecs:")
		_, text, _ = strings.Cut(text, "/")
	} else if _, id, found := strings.Cut(text, "instance/"); found {
		text = id
	}
	if (strings.HasPrefix(text, "i-") || others) && config.IsInstanceID(text) {
		r.IDs = append(r.IDs, text)
	}
}

// What the records of the cloud call the products that are renewed from here, and
// their instances. The first of each is that of ECS.
var (
	// services are names in sources (acs.rds), resource names (acs:rds:…) and records
	// (product, serviceName, eventSource).
	services = []string{"ecs", "rds", "kvstore", "redis", "r-kvstore", "dds", "mongodb", "polardb", "vpc", "eip", "cbwp", "slb", "clb"}
	// resourceTypes are in capitals, without what stands in front (ACS, ALIYUN).
	resourceTypes = []string{"::ECS::INSTANCE", "::RDS::DBINSTANCE", "::REDIS::DBINSTANCE", "::KVSTORE::INSTANCE", "::MONGODB::DBINSTANCE", "::DDS::DBINSTANCE",
		"::POLARDB::DBCLUSTER", "::EIP::EIPADDRESS", "::VPC::EIP", "::CBWP::COMMONBANDWIDTHPACKAGE", "::VPC::COMMONBANDWIDTHPACKAGE", "::SLB::LOADBALANCER"}
	// idParameters are the parameters of calls to other products that name an instance.
	idParameters = []string{"dbinstanceid", "dbclusterid", "allocationid", "bandwidthpackageid", "loadbalancerid"}
	// kinds stand before an id in resource names.
	kinds = []string{"instance", "dbinstance", "dbcluster", "eip", "commonbandwidthpackage", "bandwidthpackage", "loadbalancer"}
)

// typeOfOurs gives the index of a type of resource among resourceTypes, -1 = it is
// none of ours.
func typeOfOurs(text string) int {
	return slices.IndexFunc(resourceTypes, func(t string) bool { return strings.HasSuffix(strings.ToUpper(text), t) })
}

// isResource says whether text is the name of a resource of ours:
// acs:rds:<region>:<account>:dbinstance/<id>.
func isResource(text string) bool {
	parts := strings.SplitN(text, ":", 5)
	if len(parts) < 5 || parts[0] != "acs" || !slices.Contains(services, strings.ToLower(parts[1])) {
		return false
	}
	kind, _, found := strings.Cut(strings.ToLower(parts[4]), "/")
	return found && slices.Contains(kinds, kind)
}

// ofOtherProduct says whether a record is of a product of ours that is not ECS.
func ofOtherProduct(fields map[string]json.RawMessage) bool {
	for _, key := range []string{"source", "product", "serviceName", "eventSource", "resourceType"} {
		var text string
		if json.Unmarshal(fields[key], &text) != nil {
			continue
		}
		text = strings.ToLower(text)
		if typeOfOurs(text) > 0 {
			return true
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(text, "acs."), ".")
		if n := slices.Index(services, name); n > 0 {
			return true
		}
	}
	return false
}
