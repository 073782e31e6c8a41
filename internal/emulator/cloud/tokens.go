package cloud

import (
	"net/url"
	"time"
)

// tokenRecord is what an account remembers about one ClientToken of
// RenewInstance. All keys of the account share it: a timer and a person with
// different credentials must not both pay.
type tokenRecord struct {
	params  string // the order's own parameters, encoded
	running bool   // the first request with it is still being processed
	order   string // set once it was paid
	refusal *apiError
	at      time.Time // domain clock, when it was settled
}

// orderParams encodes the parameters that make an order what it is. What
// changes with every attempt to send it (signature, nonce, timestamp, key) is
// left out; everything else is compared as it was sent.
func orderParams(rq *request) string {
	kept := url.Values{}
	for name, values := range rq.params {
		if !common()[name] {
			kept[name] = values
		}
	}
	kept.Set("RegionId", rq.region) // which may be that of the host
	return kept.Encode()
}

// claim looks a token up. It returns the order it already paid for, or a
// refusal, or a fresh record in state running which the caller settles.
func (c *Cloud) claim(acc *account, token, params string) (rec *tokenRecord, order string, err *apiError) {
	if token == "" {
		return nil, "", nil
	}
	if rec = acc.tokens[token]; rec != nil && c.forgotten(rec) {
		rec = nil
	}
	switch {
	case rec == nil:
		rec = &tokenRecord{params: params, running: true}
		acc.tokens[token] = rec
		return rec, "", nil
	case rec.params != params:
		return nil, "", refuse(400, "IdempotenceParamNotMatch", "The client token was used before with other parameters.")
	case rec.running:
		return nil, "", refuse(403, "LastTokenProcessing", "The last request with this client token is being processed.")
	case rec.refusal != nil:
		return nil, "", rec.refusal
	}
	return nil, rec.order, nil
}

// forgotten reports whether what a token led to is no longer remembered. What is
// being processed is known in any case.
func (c *Cloud) forgotten(rec *tokenRecord) bool {
	life := c.opts.TokenLife
	if rec.refusal != nil {
		life = c.opts.RefusalLife
	}
	return !rec.running && life > 0 && c.now().Sub(rec.at) >= life
}

// settleToken ends the processing of a token's first request. A success is
// remembered; a refusal only with PoisonTokens, and only if it is definite.
func (c *Cloud) settleToken(acc *account, token string, rec *tokenRecord, order string, refusal *apiError) {
	rec.running, rec.at, rec.order = false, c.now(), order
	switch {
	case order != "":
	case refusal != nil && c.opts.PoisonTokens && refusal.definite():
		rec.refusal = c.replayed(refusal)
	case acc.tokens[token] == rec:
		delete(acc.tokens, token)
	}
}

// poison remembers a scripted refusal as if the cloud had come to it by itself.
func (c *Cloud) poison(rq *request, refusal *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	token := rq.get("ClientToken")
	if !c.opts.PoisonTokens || !rq.is("ecs:RenewInstance") || token == "" || rq.account == nil || !refusal.definite() {
		return
	}
	if rec, _, err := c.claim(rq.account, token, orderParams(rq)); err == nil && rec != nil {
		c.settleToken(rq.account, token, rec, "", refusal)
	}
}

func (c *Cloud) replayed(refusal *apiError) *apiError {
	replay := *refusal
	if c.opts.PoisonCode != "" {
		replay.code = c.opts.PoisonCode
	}
	return &replay
}
