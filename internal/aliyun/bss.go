package aliyun

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Balance gives what the account can spend, credit included (BSS
// QueryAccountBalance, AvailableAmount). It may be negative.
func (c *Cloud) Balance(ctx context.Context) (renewal.Amount, error) {
	a := api{product: productBSS, version: "2017-12-14", action: "QueryAccountBalance", ram: "bss:DescribeAcccount"}
	var answer struct {
		Success   bool
		Code      string
		RequestId string
		Data      struct {
			AvailableAmount scalar
			Currency        string
		}
	}
	if err := c.call(ctx, a, c.options.Region, map[string]string{}, readTimeout, &answer); err != nil {
		return renewal.Amount{}, err
	}
	if !answer.Success {
		// BSS says no inside a 200.
		return renewal.Amount{}, newCallError(a, answer.Code, http.StatusOK, answer.RequestId)
	}
	value, err := decimal.NewFromString(strings.ReplaceAll(string(answer.Data.AvailableAmount), ",", ""))
	if err != nil || plain(answer.Data.Currency) == "" {
		return renewal.Amount{}, &renewal.CallError{Action: a.ram, Status: http.StatusOK, RequestID: plain(answer.RequestId), Err: errors.New("the answer holds no amount")}
	}
	return renewal.Amount{Value: value, Currency: answer.Data.Currency}, nil
}
