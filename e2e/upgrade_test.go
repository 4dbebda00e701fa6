package e2e

import (
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
)

// TestADatabaseOfAnOlderRelease migrates a database of each release, and holds the present program to
// what that release has promised: sessions, links and codes work, and the mail that it owed leaves.
func TestADatabaseOfAnOlderRelease(t *testing.T) {
	t.Parallel()
	names, known := released(t)
	for kind := range databases {
		for _, name := range names {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				f := known[name]
				settings := restore(t, kind, name, f)
				smtp := smtptest.New(t)
				p := serve(t, settings, mailTo(smtp))
				holdsPromises(p, kind, settings, f, smtp)
			})
		}
	}
}

func holdsPromises(p *process, kind string, settings map[string]string, f facts, smtp *smtptest.Server) {
	t := p.t
	t.Helper()
	answers := func(token, document, want string) {
		t.Helper()
		p.expect(document[:min(len(document), 40)], p.graphql(token, document, nil), want)
	}
	answers(f.Session[kind], `{ me { email name username emailVerified role } }`,
		`{"data":{"me":{"email":"`+email+`","name":"A name","username":"Ada","emailVerified":true,"role":"USER"}}}`)
	answers("", `mutation { login(input: {username: "ada", password: "`+password+`"}) { user { email } errors { code } } }`,
		`{"data":{"login":{"user":{"email":"`+email+`"},"errors":[]}}}`)

	owed := smtp.WaitFor(t, 1)
	if owed.To != email || owed.Token() == "" {
		t.Errorf("the mail that was owed is %q, to %s", owed.Subject, owed.To)
	}
	lines := queue(t, settings)
	if len(lines) == 0 || lines[0].State != "given up" || lines[0].Kind != "sign_up" {
		t.Errorf("the queue is %+v", lines)
	}

	answers("", `mutation { loginWithCode(input: {requestId: "`+f.CodeRequest[kind]+`", code: "`+f.Code[kind]+`"}) { user { email } errors { code } } }`,
		`{"data":{"loginWithCode":{"user":{"email":"`+email+`"},"errors":[]}}}`)
	answers("", `mutation { confirmEmail(input: {token: "`+f.ConfirmToken[kind]+`"}) { user { email username } errors { code } } }`,
		`{"data":{"confirmEmail":{"user":{"email":"`+bob+`","username":"Bob"},"errors":[]}}}`)
	p.loginAs(bob, password)
	answers("", `mutation { undoEmailChange(input: {token: "`+f.UndoToken[kind]+`"}) { errors { code } } }`,
		`{"data":{"undoEmailChange":{"errors":[]}}}`)
	answers("", `mutation { resetPassword(input: {token: "`+f.ResetToken[kind]+`", newPassword: "another horse battery"}) { errors { code } } }`,
		`{"data":{"resetPassword":{"errors":[]}}}`)
	p.loginAs(email, "another horse battery")

	users, errs, ok := latchkey(t, "", settings, "user", "list")
	if !ok || !strings.Contains(users, carol) || strings.Contains(users, newCarol) || !strings.Contains(users, eve) {
		t.Errorf("succeeded %v, printed\n%s%s", ok, users, errs)
	}
	trail, errs, ok := latchkey(t, "", settings, "audit", "--user", email)
	if !ok || !strings.Contains(trail, "signed_up") && !strings.Contains(trail, "email_confirmed") {
		t.Errorf("succeeded %v, printed\n%s%s", ok, trail, errs)
	}
}

// TestTheReleaseBefore runs the program of the release before beside the present one, on the schema of
// the present one: what one begins the other ends.
func TestTheReleaseBefore(t *testing.T) {
	t.Parallel()
	program := previous(t)
	for kind, database := range databases {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			settings := database(t)
			for name, value := range fixtureSettings {
				settings[name] = value
			}
			smtp := smtptest.New(t)
			newer := serve(t, settings, mailTo(smtp))
			older := serveBy(t, program, settings, mailTo(smtp))
			worksBothWays(t, older, newer, smtp)
			worksBothWays(t, newer, older, smtp)
			noSecrets(t, older, newer)
		})
	}
}

// worksBothWays has a user change between two servers in the middle of everything.
func worksBothWays(t *testing.T, one, other *process, smtp *smtptest.Server) {
	t.Helper()
	who := "user" + strings.TrimPrefix(one.url, "http://127.0.0.1:") + "@example.com"
	mails := len(smtp.Messages())
	next := func() *smtptest.Message { mails++; return smtp.WaitFor(t, mails) }
	do := func(p *process, token, document, want string) {
		t.Helper()
		p.expect(document[:min(len(document), 40)], p.graphql(token, document, nil), want)
	}

	do(one, "", `mutation { register(input: {email: "`+who+`", password: "`+password+`"}) { errors { code } } }`, `{"data":{"register":{"errors":[]}}}`)
	do(other, "", `mutation { confirmEmail(input: {token: "`+next().Token()+`"}) { errors { code } } }`, `{"data":{"confirmEmail":{"errors":[]}}}`)
	token := one.loginAs(who, password)
	for _, p := range []*process{other, one} {
		do(p, token, `{ me { email } }`, `{"data":{"me":{"email":"`+who+`"}}}`)
	}
	do(other, token, `mutation { updateProfile(input: {name: "Another"}) { errors { code } } }`, `{"data":{"updateProfile":{"errors":[]}}}`)
	one.hears("of the name", token, `{ me { name } }`, `{"data":{"me":{"name":"Another"}}}`)
	do(one, "", `mutation { requestPasswordReset(input: {email: "`+who+`"}) { errors { code } } }`, `{"data":{"requestPasswordReset":{"errors":[]}}}`)
	do(other, "", `mutation { resetPassword(input: {token: "`+next().Token()+`", newPassword: "another horse battery"}) { errors { code } } }`, `{"data":{"resetPassword":{"errors":[]}}}`)
	next() // the notice
	one.hears("of the reset", token, `{ me { email } }`, `"UNAUTHENTICATED"`)
	token = other.loginAs(who, "another horse battery")
	do(one, token, `mutation { logout { errors { code } } }`, `{"data":{"logout":{"errors":[]}}}`)
	other.hears("of the logout", token, `{ me { email } }`, `"UNAUTHENTICATED"`)
}

// TestARollingUpgradeUnderLoad has the present program migrate the database while that of the release
// before is busy on it, and then take its place. Not one request fails.
func TestARollingUpgradeUnderLoad(t *testing.T) {
	t.Parallel()
	program := previous(t)
	for kind := range databases {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			names, known := released(t)
			newest := names[len(names)-1]
			settings := forCrowd(restore(t, kind, newest, known[newest]))
			older := serveBy(t, program, settings)
			c := gather(t, 3, older, settings)
			c.isServed(60)
			newer := serve(t, settings)
			c.isServed(60)
			c.where.Store(newer.url)
			// That release closes idle connections the moment it is told to stop, and what a client sends on
			// one just then is lost: so all of them go elsewhere first, as a load balancer makes them.
			c.isServed(60)
			older.stop()
			c.isServed(60)
			c.takeStock()
		})
	}
}
