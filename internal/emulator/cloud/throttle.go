package cloud

import (
	"fmt"
	"time"
)

// Budget is how many calls of an action an account may make per region and
// minute of the domain clock. What is over it gets 400 Throttling.User until
// the next minute begins, and is not executed.
type Budget struct {
	PerMinute int  `yaml:"perMinute"` // calls allowed per account, region and minute; what is over it gets 400 Throttling.User
	Headers   bool `yaml:"headers"`   // refusals carry x-ratelimit-user-api
}

type budgetKey struct {
	account, region, action string
	minute                  int64
}

func (c *Cloud) throttle(rq *request) *apiError {
	c.mu.Lock()
	defer c.mu.Unlock()
	budget, limited := c.opts.Budget[rq.act.product+":"+rq.name]
	if !limited {
		budget, limited = c.opts.Budget[rq.name]
	}
	if !limited {
		return nil
	}
	now := c.now()
	k := budgetKey{rq.account.ID, rq.region, rq.act.product + ":" + rq.name, now.Unix() / 60}
	for old := range c.spent {
		if old.minute != k.minute {
			delete(c.spent, old)
		}
	}
	if c.spent[k] < budget.PerMinute {
		c.spent[k]++
		return nil
	}
	err := throttled()
	if budget.Headers {
		left := now.Truncate(time.Minute).Add(time.Minute).Sub(now)
		err.header = map[string]string{
			"x-ratelimit-user-api": fmt.Sprintf("Limit:%d,Remain:0,TimeLeft:%d,Reset:%d", budget.PerMinute, left.Milliseconds(), now.Add(left).Unix()),
		}
	}
	return err
}

func throttled() *apiError {
	return refuse(400, "Throttling.User", "The request was denied due to user flow control.")
}
