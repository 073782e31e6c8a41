package cloud

import (
	"cmp"
	"slices"
	"strconv"
)

var renewalStatuses = []string{"AutoRenewal", "Normal", "NotRenewal"}

func badRenewalStatus(status string) *apiError {
	return refuse(403, "InvalidParameter.RenewalStatus", "The renewal status %q is not valid.", status)
}

func tooManyIDs() *apiError {
	// The cloud spells this code so.
	return refuse(403, "InvalidParameter.ToManyInstanceIds", "More than 100 instance ids were sent.")
}

// describeAttributes says how instances are renewed. The default page size cuts
// explicit id lists too: whoever does not send PageSize gets ten.
func (c *Cloud) describeAttributes(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids, status := splitList(rq.get("InstanceId")), rq.get("RenewalStatus")
	switch {
	case len(ids) == 0 && status == "":
		return nil, refuse(403, "InvalidParameter.RenewalStatusInstanceId", "InstanceId and RenewalStatus are both empty.")
	case len(ids) > maxListed:
		return nil, tooManyIDs()
	case status != "" && !slices.Contains(renewalStatuses, status):
		return nil, badRenewalStatus(status)
	}
	page, err := c.readNumberedPage(rq)
	if err != nil {
		return nil, err
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}

	var found []*instance
	if len(ids) == 0 {
		for _, i := range c.instances {
			if c.find(rq, i.ID) != nil && i.prepaid() {
				found = append(found, i)
			}
		}
	}
	seen := map[string]bool{}
	for _, id := range ids {
		i := c.find(rq, id)
		switch {
		case i == nil && c.opts.SkipUnknownIDs, seen[id]:
			continue
		case i == nil:
			return nil, refuse(403, "InvalidParameter.InvalidInstanceId", "There is no instance %q in this region.", id)
		case !i.prepaid():
			return nil, refuse(403, "ChargeTypeViolation", "The instance %q is pay-as-you-go.", id)
		}
		seen[id] = true
		found = append(found, i)
	}
	found = slices.DeleteFunc(found, func(i *instance) bool {
		return i.NoAttribute || status != "" && i.shownSetting.status != status
	})

	from := min(page.offset, len(found))
	to := min(from+page.size, len(found))
	list := make([]any, 0, to-from)
	for _, i := range found[from:to] {
		s := i.shownSetting
		list = append(list, fields{
			"InstanceId": i.ID, "RenewalStatus": s.status, "AutoRenewEnabled": s.status == "AutoRenewal",
			"Duration": s.duration, "PeriodUnit": cmp.Or(s.unit, "Month"), "EnableExpectedRenewDay": false,
		})
	}
	return fields{
		"PageNumber": page.number, "PageSize": page.size, "TotalCount": len(found),
		"InstanceRenewAttributes": fields{"InstanceRenewAttribute": list},
	}, nil
}

// modifyAttributes changes how instances are renewed. It has no ClientToken: it
// sets a state.
func (c *Cloud) modifyAttributes(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := splitList(rq.get("InstanceId"))
	setting, err := readSetting(rq)
	switch {
	case len(ids) == 0:
		return nil, refuse(403, "MissingParameter.InstanceId", "The parameter InstanceId is mandatory and was not sent.")
	case len(ids) > maxListed:
		return nil, tooManyIDs()
	case err != nil:
		return nil, err
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}

	var valid []*instance
	var refusal *apiError
	for _, id := range ids {
		i, err := c.settable(rq, id, setting)
		if err != nil {
			refusal = cmp.Or(refusal, err)
		} else if !slices.Contains(valid, i) {
			valid = append(valid, i)
		}
	}
	if refusal != nil && !c.opts.BatchPartial {
		return nil, refusal
	}
	for _, i := range valid {
		c.changes = append(c.changes, Change{
			Seq: len(c.changes) + 1, At: c.now(),
			Account: rq.account.ID, Region: i.Region, Instance: i.ID, OldStatus: i.setting.status,
			Status: setting.status, Duration: setting.duration, Unit: setting.unit,
		})
		setting.since = c.now()
		i.set(setting, c.opts.AttributeDelay)
	}
	if refusal != nil {
		return nil, refusal
	}
	return fields{}, nil
}

// readSetting reads what is to be set. RenewalStatus wins over AutoRenew, which
// is false when not sent: a call with a term alone switches auto-renewal off.
func readSetting(rq *request) (renewSetting, *apiError) {
	s := renewSetting{status: rq.get("RenewalStatus"), unit: cmp.Or(rq.get("PeriodUnit"), "Month")}
	s.duration, _ = strconv.Atoi(rq.get("Duration")) // its type was checked
	if s.status == "" {
		s.status = "Normal"
		if rq.get("AutoRenew") == "true" {
			s.status = "AutoRenewal"
		}
	}
	if !slices.Contains(renewalStatuses, s.status) {
		return s, badRenewalStatus(s.status)
	}
	offered := autoPeriods(rq.account.Site, s.unit)
	if offered == nil {
		return s, refuse(403, "InvalidPeriodUnit.ValueNotSupported", "The period unit %q is not supported.", s.unit)
	}
	if needed := s.status == "AutoRenewal"; (needed || rq.get("Duration") != "") && !slices.Contains(offered, s.duration) {
		return s, refuse(403, "InvalidParameter.Duration", "The duration %q is not supported for the unit %s.", rq.get("Duration"), s.unit)
	}
	if s.status != "AutoRenewal" {
		s.duration, s.unit = 0, ""
	}
	return s, nil
}

func (c *Cloud) settable(rq *request, id string, s renewSetting) (*instance, *apiError) {
	i := c.find(rq, id)
	switch {
	case i == nil:
		return nil, refuse(403, "InvalidParameter.InvalidInstanceId", "There is no instance %q in this region.", id)
	case !i.prepaid():
		return nil, refuse(403, "ChargeTypeViolation", "The instance %q is pay-as-you-go.", id)
	case i.expired(c.now()):
		return nil, refuse(403, "IncorrectInstanceStatus", "The instance %q has expired.", id)
	case i.Starter && s.status == "AutoRenewal" && s.unit != "Month":
		return nil, refuse(403, "InvalidPeriod.StarterPackage", "The starter package %q is renewed by the month.", id)
	}
	return i, nil
}
