package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// oathtool returns the code of a secret at a time, by a program that others wrote.
func oathtool(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	needed(t, "oathtool", "LATCHKEY_TEST_OATHTOOL")
	out := runIn(t, t.TempDir(), command(t, "oathtool", "--totp", "--base32", "--now", at.UTC().Format("2006-01-02 15:04:05 UTC"), secret))
	return strings.TrimSpace(out)
}

// asked sends a document and returns the one field of the answer, called in.
func (p *process) asked(token, document string, variables map[string]any) map[string]any {
	p.t.Helper()
	answer := p.graphql(token, document, variables)
	var decoded struct{ Data struct{ In map[string]any } }
	if err := json.Unmarshal([]byte(answer), &decoded); err != nil || decoded.Data.In == nil {
		p.t.Fatalf("the answer is %s", hideAll(answer))
	}
	return decoded.Data.In
}

// challenged logs in and returns the token of the challenge.
func (p *process) challenged(kind string) string {
	p.t.Helper()
	in := p.asked("", `mutation($e: String!, $p: String!) { in: login(input: {email: $e, password: $p}) { tokens { accessToken } challenge { token kind } } }`,
		map[string]any{"e": email, "p": password})
	challenge, _ := in["challenge"].(map[string]any)
	if in["tokens"] != nil || challenge["kind"] != kind {
		p.t.Fatalf("tokens: %t, a challenge of kind %v; want none, and %s", in["tokens"] != nil, challenge["kind"], kind)
	}
	return fmt.Sprint(challenge["token"])
}

// TestASecondFactorByAnotherProgram sets up an app that is no code of ours, on one replica, completes logins with it on
// another, and loses it.
func TestASecondFactorByAnotherProgram(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := database(t)
			settings["LATCHKEY_REQUIRE_SECOND_FACTOR"] = "staff"
			account(t, settings)
			p, other := serve(t, settings), serve(t, settings)
			before := p.login(password)
			if out, errs, ok := latchkey(t, "", settings, "user", "role", email, "staff"); !ok {
				t.Fatalf("make the user STAFF: %s %s", out, errs)
			}
			p.hears("of the role", before, `{ me { email } }`, `"extensions":{"code":"SECOND_FACTOR_REQUIRED","enrolled":false}`)

			challenge := p.challenged("ENROLL")
			setup := p.asked(challenge, `mutation { in: beginTotp { setup secret } }`, nil)
			secret := fmt.Sprint(setup["secret"])
			begun := time.Now()
			first := oathtool(t, secret, begun)
			confirmed := p.asked(challenge, `mutation($s: String!, $c: String!) { in: confirmTotp(input: {setup: $s, code: $c}) { tokens { accessToken } recoveryCodes errors { code } } }`,
				map[string]any{"s": setup["setup"], "c": first})
			codes, _ := confirmed["recoveryCodes"].([]any)
			if confirmed["tokens"] == nil || len(codes) != 10 {
				t.Fatalf("tokens: %t, %d recovery codes, errors: %v", confirmed["tokens"] != nil, len(codes), confirmed["errors"])
			}

			const complete = `mutation($c: String!) { in: completeLogin(input: {totpCode: $c}) { tokens { accessToken } user { role } errors { code } } }`
			challenge = other.challenged("PROVE")
			if again := other.asked(challenge, complete, map[string]any{"c": first}); fmt.Sprint(again["errors"]) != "[map[code:CODE_INVALID]]" {
				t.Errorf("the code that was used: the errors are %v, want CODE_INVALID", again["errors"])
			}
			next := oathtool(t, secret, begun.Add(30*time.Second)) // a clock may be a step ahead
			if completed := other.asked(challenge, complete, map[string]any{"c": next}); completed["tokens"] == nil {
				t.Errorf("the next code: the errors are %v, want none", completed["errors"])
			}

			out, errs, ok := latchkey(t, "", settings, "user", "remove-factors", email, "--reason", "lost the phone")
			if !ok || !strings.Contains(out, email+": has no second factor any more") {
				t.Fatalf("remove the factors: %s %s", out, errs)
			}
			p.challenged("ENROLL")
			trail, _, _ := latchkey(t, "", settings, "audit", "--user", email)
			for _, act := range []string{"login_challenged", "totp_added", "login_completed", "second_factors_removed"} {
				if !strings.Contains(trail, act) {
					t.Errorf("the audit trail lacks %s", act)
				}
			}
			for _, log := range []string{p.output.String(), other.output.String()} {
				if strings.Contains(log, secret) || strings.Contains(log, fmt.Sprint(codes[0])) {
					t.Error("the log has the secret or a recovery code")
				}
			}
		})
	}
}
