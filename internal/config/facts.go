package config

import (
	"slices"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// facts is what an expression can ask about an instance. Its times are in the
// zone of the rules, so that a day begins where the reader's day does.
func facts(in renewal.Instance, now time.Time, zone *time.Location) map[string]any {
	tags, groups := in.Tags, in.SecurityGroups
	if tags == nil {
		tags = map[string]string{}
	}
	if groups == nil {
		groups = []string{}
	}
	return map[string]any{
		"id": in.ID, "name": in.Name, "region": in.Region, "zone": in.Zone, "account": in.Account,
		"type": in.Type, "status": in.Status, "mode": string(in.Mode), "product": renewal.Product,
		"tags": tags, "resourceGroup": in.ResourceGroup, "vpc": in.VPC, "securityGroups": groups,
		"daysLeft": in.Expires.Sub(now).Hours() / 24, "expired": !in.Expires.After(now),
		"expires": in.Expires.In(zone), "created": in.Created.In(zone), "now": now.In(zone),
	}
}

const factNames = "id, name, region, zone, account, type, status, mode, product, tags, resourceGroup, vpc, securityGroups, daysLeft, expired, expires, created, now"

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
