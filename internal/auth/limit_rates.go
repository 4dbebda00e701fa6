package auth

import (
	"fmt"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/locale"
	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

// Limit names something that can be done only so often. The names are those of django-allauth's
// ACCOUNT_RATE_LIMITS where it has one for the same.
type Limit string

// All limits. What each counts stands in docs/operations.md too.
const (
	LimitLogin           Limit = "login"                   // every login by password, right or wrong
	LimitLoginFailed     Limit = "login_failed"            // wrong passwords
	LimitSignUp          Limit = "signup"                  // sign-ups
	LimitConfirmEmail    Limit = "confirm_email"           // requests for the confirmation mail
	LimitResetPassword   Limit = "reset_password"          // requests for a reset
	LimitRequestCode     Limit = "request_login_code"      // requests for a code, to log in or to step up
	LimitLoginWithCode   Limit = "login_with_code"         // logins by code, right or wrong
	LimitFromKey         Limit = "reset_password_from_key" // resets by a mailed link
	LimitConfirmFromKey  Limit = "confirm_email_from_key"  // other uses of a mailed link
	LimitReauthenticate  Limit = "reauthenticate"          // wrong passwords and tried codes in a session
	LimitChangePassword  Limit = "change_password"         // wrong passwords there
	LimitManageEmail     Limit = "manage_email"            // requests for a change of address
	LimitChangeUsername  Limit = "change_username"         // changes of the username
	LimitDeleteAccount   Limit = "delete_account"          // deletions of the own account
	LimitPasswordChecked Limit = "check_password"          // questions whether a password would do
)

// Per says of whom a limit counts.
type Per string

// A client address is one IPv4 address or one IPv6 network of 64 bits. An account is what was typed
// to name it, whether anybody has it or not, or the user of a session.
const (
	PerAddress Per = "address"
	PerAccount Per = "account"
)

// rateInWords returns a rate in the form that ParseLimits reads.
func rateInWords(r ratelimit.Rate) string {
	return fmt.Sprintf("%d/%s", r.Count, locale.Exact(r.Period))
}

// rule is a limit with what it counts by.
type rule struct {
	limit Limit
	per   Per
}

// standard is what holds unless an operator says otherwise, in the order in which it is shown. It is
// what allauth has, and differs where that would not do here:
//
//   - confirm_email counts addresses of clients too, and so does request_login_code: each of them
//     makes mail to an address that anybody can type;
//   - signup counts the addresses that are typed too, for the same reason, and as slowly as
//     confirm_email: one mail in three minutes;
//   - reauthenticate and change_password count wrong passwords, as login_failed does and as slowly:
//     with a stolen session they are ways to guess;
//   - manage_email is 3 and not 10 in a minute: each is a mail to a stranger's address;
//   - those for links, codes and names that allauth leaves open bound the guessing of them.
var standard = []struct {
	rule
	rate ratelimit.Rate
}{
	{rule{LimitLogin, PerAddress}, ratelimit.Rate{Count: 30, Period: time.Minute}},
	{rule{LimitLoginFailed, PerAddress}, ratelimit.Rate{Count: 10, Period: time.Minute}},
	{rule{LimitLoginFailed, PerAccount}, ratelimit.Rate{Count: 5, Period: 5 * time.Minute}},
	{rule{LimitSignUp, PerAddress}, ratelimit.Rate{Count: 20, Period: time.Minute}},
	{rule{LimitSignUp, PerAccount}, ratelimit.Rate{Count: 5, Period: 15 * time.Minute}},
	{rule{LimitConfirmEmail, PerAddress}, ratelimit.Rate{Count: 20, Period: time.Minute}},
	{rule{LimitConfirmEmail, PerAccount}, ratelimit.Rate{Count: 1, Period: 3 * time.Minute}},
	{rule{LimitConfirmFromKey, PerAddress}, ratelimit.Rate{Count: 20, Period: time.Minute}},
	{rule{LimitResetPassword, PerAddress}, ratelimit.Rate{Count: 20, Period: time.Minute}},
	{rule{LimitResetPassword, PerAccount}, ratelimit.Rate{Count: 5, Period: time.Minute}},
	{rule{LimitFromKey, PerAddress}, ratelimit.Rate{Count: 20, Period: time.Minute}},
	{rule{LimitRequestCode, PerAddress}, ratelimit.Rate{Count: 20, Period: time.Minute}},
	{rule{LimitRequestCode, PerAccount}, ratelimit.Rate{Count: 1, Period: 10 * time.Second}},
	{rule{LimitLoginWithCode, PerAddress}, ratelimit.Rate{Count: 20, Period: time.Minute}},
	{rule{LimitReauthenticate, PerAddress}, ratelimit.Rate{Count: 10, Period: time.Minute}},
	{rule{LimitReauthenticate, PerAccount}, ratelimit.Rate{Count: 5, Period: 5 * time.Minute}},
	{rule{LimitChangePassword, PerAccount}, ratelimit.Rate{Count: 5, Period: 5 * time.Minute}},
	{rule{LimitManageEmail, PerAccount}, ratelimit.Rate{Count: 3, Period: time.Minute}},
	{rule{LimitChangeUsername, PerAccount}, ratelimit.Rate{Count: 10, Period: time.Minute}},
	{rule{LimitDeleteAccount, PerAccount}, ratelimit.Rate{Count: 5, Period: time.Minute}},
	{rule{LimitPasswordChecked, PerAddress}, ratelimit.Rate{Count: 60, Period: time.Minute}},
}

// Limits is what an operator decides of the limits. The zero value is what holds by default.
type Limits struct {
	off     bool
	changed map[rule]ratelimit.Rate // a zero Rate: not limited
}

// NoLimits limits nothing, for load tests.
var NoLimits = Limits{off: true}

// Off reports whether nothing is limited.
func (l Limits) Off() bool { return l.off }

// Equal reports whether both limit the same.
func (l Limits) Equal(other Limits) bool { return l.String() == other.String() }

// rate returns the rate of a rule, and false if it limits nothing.
func (l Limits) rate(r rule) (ratelimit.Rate, bool) {
	if l.off {
		return ratelimit.Rate{}, false
	}
	if rate, ok := l.changed[r]; ok {
		return rate, rate.Count > 0
	}
	for _, s := range standard {
		if s.rule == r {
			return s.rate, true
		}
	}
	return ratelimit.Rate{}, false
}

// String returns all limits in the form that ParseLimits reads, "off" if there are none.
func (l Limits) String() string {
	if l.off {
		return "off"
	}
	words := make([]string, 0, len(standard))
	for _, s := range standard {
		word := fmt.Sprintf("%s=off/%s", s.limit, s.per)
		if rate, ok := l.rate(s.rule); ok {
			word = fmt.Sprintf("%s=%s/%s", s.limit, rateInWords(rate), s.per)
		}
		words = append(words, word)
	}
	return strings.Join(words, ",")
}
