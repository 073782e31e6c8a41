package config

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// facts is what an expression can ask about an instance.
func facts(in renewal.Instance, now time.Time, zone *time.Location) map[string]any {
	all := make(map[string]any, len(factList))
	for _, name := range factList {
		all[name] = fact(name, in, now, zone)
	}
	return all
}

// fact is one of them. Its times are in the zone of the rules, so that a day
// begins where the reader's day does.
func fact(name string, in renewal.Instance, now time.Time, zone *time.Location) any {
	switch name {
	case "id":
		return in.ID
	case "name":
		return in.Name
	case "region":
		return in.Region
	case "zone":
		return in.Zone
	case "account":
		return in.Account
	case "type":
		return in.Type
	case "status":
		return in.Status
	case "mode":
		return string(in.Mode)
	case "product":
		return in.Traits().Key
	case "tags":
		return tagsOf(in)
	case "resourceGroup":
		return in.ResourceGroup
	case "vpc":
		return in.VPC
	case "securityGroups":
		if in.SecurityGroups == nil {
			return []string{}
		}
		return in.SecurityGroups
	case "daysLeft":
		return in.Expires.Sub(now).Hours() / 24
	case "expired":
		return !in.Expires.After(now)
	case "expires":
		return in.Expires.In(zone)
	case "created":
		return in.Created.In(zone)
	}
	return now.In(zone)
}

// tagsOf gives the tags that are somebody's: not our own note of refused tokens.
func tagsOf(in renewal.Instance) map[string]string {
	if in.Tags == nil {
		return map[string]string{}
	}
	if _, noted := in.Tags[renewal.RefusedKey]; !noted {
		return in.Tags
	}
	tags := maps.Clone(in.Tags)
	delete(tags, renewal.RefusedKey)
	return tags
}

const factNames = "id, name, region, zone, account, type, status, mode, product, tags, resourceGroup, vpc, securityGroups, daysLeft, expired, expires, created, now"

var factList = strings.Split(factNames, ", ")

// RuleNames are the names that a rule can ask for.
func RuleNames() []string { return slices.Clone(factList) }

// textFacts are the facts that are text, and cannot hold a wildcard.
var textFacts = strings.Split("id, name, region, zone, account, type, status, mode, product, resourceGroup, vpc", ", ")

// modes are the words that mode can be.
var modes = []string{string(renewal.Manual), string(renewal.Auto), string(renewal.Lapse), string(renewal.Unknown)}

// dateForms are the ways to write a date; without a zone it is in that of the
// rules. The first two are how the reports write it.
var dateForms = []string{time.DateOnly, "2006-01-02 15:04", time.DateTime, "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", time.RFC3339}

// dateOf reads a date as rules write it; others are in a form of package time.
func dateOf(zone *time.Location, text string, form ...string) (time.Time, error) {
	forms := dateForms
	if len(form) > 0 {
		forms = form[:1]
	}
	if len(form) > 1 {
		other, err := time.LoadLocation(form[1])
		if err != nil {
			return time.Time{}, errZone(form[1])
		}
		zone = other
	}
	for _, f := range forms {
		if t, err := time.ParseInLocation(f, text, zone); err == nil {
			return t.In(zone), nil
		}
	}
	return time.Time{}, errDate(text, slices.Equal(forms, dateForms))
}

// durationOf reads a length of time as the settings write it, or as Go does.
func durationOf(text string) (time.Duration, error) {
	if d, err := ParseDuration(text); err == nil {
		return d, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, errLength(text)
	}
	return d, nil
}
