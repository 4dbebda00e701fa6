package storetest

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// refusals are all the ways to hand a text to a store. Each checks that it stored nothing.
func refusals(t *testing.T, s auth.Store, text string) map[string]func(rows) error {
	known := addUser(t, s)
	withUser := func(change func(*auth.User)) func(s rows) error {
		return func(s rows) error {
			u := newUser()
			change(u)
			err := s.CreateUser(t.Context(), u)
			_, missing := s.UserByID(t.Context(), u.ID)
			want(t, auth.ErrNotFound, missing)

			changed := *known
			change(&changed)
			changed.PasswordHash, changed.Username = known.PasswordHash, known.Username
			if changed != *known {
				refused(t, s.UpdateUser(t.Context(), &changed))
			}
			got, readErr := s.UserByID(t.Context(), known.ID)
			must(t, readErr)
			same(t, known, got)
			return err
		}
	}
	withSignUp := func(change func(*auth.SignUp)) func(s rows) error {
		return func(s rows) error {
			signUp := newSignUp(email())
			change(signUp)
			err := s.CreateSignUp(t.Context(), signUp)
			_, missing := s.SignUpByID(t.Context(), signUp.ID)
			want(t, auth.ErrNotFound, missing)
			return err
		}
	}
	withSession := func(change func(*auth.Session)) func(s rows) error {
		return func(s rows) error {
			session := newSession(known.ID)
			change(session)
			err := s.CreateSession(t.Context(), session)
			_, _, missing := s.SessionByDigest(t.Context(), session.TokenDigest)
			want(t, auth.ErrNotFound, missing)
			return err
		}
	}
	withToken := func(change func(*auth.OneTimeToken)) func(s rows) error {
		return func(s rows) error {
			token := newToken(known.ID, uuid.Nil)
			change(token)
			err := s.CreateToken(t.Context(), token)
			_, missing := s.TokenByDigest(t.Context(), auth.PurposeReset, token.Digest)
			want(t, auth.ErrNotFound, missing)
			return err
		}
	}
	withCode := func(change func(*auth.OneTimeCode)) func(s rows) error {
		return func(s rows) error {
			code := newCode()
			change(code)
			err := s.CreateCode(t.Context(), code)
			_, missing := s.TryCode(t.Context(), auth.PurposeLogin, code.RequestID, uuid.Nil, 5)
			want(t, auth.ErrNotFound, missing)
			return err
		}
	}
	withChange := func(change func(*auth.EmailChange)) func(s rows) error {
		return func(s rows) error {
			c := newEmailChange(known)
			change(c)
			refused(t, s.FinishEmailChange(t.Context(), c))
			err := s.StartEmailChange(t.Context(), c)
			_, missing := s.EmailChangeByID(t.Context(), c.ID)
			want(t, auth.ErrNotFound, missing)
			return err
		}
	}
	withEvent := func(change func(*auth.AuditEvent)) func(s rows) error {
		return func(s rows) error {
			event := newEvent(known.ID, noon)
			change(event)
			err := s.AddAuditEvent(t.Context(), event)
			events, listErr := s.AuditEvents(t.Context(), known.ID, noon, uuid.Nil, 1)
			must(t, listErr)
			if len(events) != 0 {
				t.Error("got an event stored, want none")
			}
			return err
		}
	}
	return map[string]func(s rows) error{
		"StartEmailChange, old":     withChange(func(c *auth.EmailChange) { c.Old.Address = text }),
		"StartEmailChange, old key": withChange(func(c *auth.EmailChange) { c.Old.Canonical = text }),
		"StartEmailChange, new":     withChange(func(c *auth.EmailChange) { c.New.Address = text }),
		"StartEmailChange, new key": withChange(func(c *auth.EmailChange) { c.New.Canonical = text }),
		"StartEmailChange, ip":      withChange(func(c *auth.EmailChange) { c.IPAddress = text }),
		"StartEmailChange, agent":   withChange(func(c *auth.EmailChange) { c.UserAgent = text }),
		"EmailReservation":          func(s rows) error { _, err := s.EmailReservation(t.Context(), text); return err },
		"ReleaseEmail":              func(s rows) error { return s.ReleaseEmail(t.Context(), text, noon) },
		"AddEmailChangeToken": func(s rows) error {
			return s.AddEmailChangeToken(t.Context(), newChangeToken(newID(), auth.Purpose(text)))
		},
		"EmailChangeTokenByDigest": func(s rows) error {
			_, err := s.EmailChangeTokenByDigest(t.Context(), auth.Purpose(text), digest())
			return err
		},
		"AddToOutbox, to": func(s rows) error {
			item := mail()
			item.Address = text
			return s.AddToOutbox(t.Context(), item)
		},
		"CreateUser, address":        withUser(func(u *auth.User) { u.Email.Address = text }),
		"CreateUser, key":            withUser(func(u *auth.User) { u.Email.Canonical = text }),
		"CreateUser, name":           withUser(func(u *auth.User) { u.Name = text }),
		"CreateUser, role":           withUser(func(u *auth.User) { u.Role = auth.Role(text) }),
		"CreateUser, profile":        withUser(func(u *auth.User) { u.Profile = profile.Profile(text) }),
		"CreateUser, username":       withUser(func(u *auth.User) { u.Username = auth.Username{Name: text, Key: "x"} }),
		"CreateUser, username key":   withUser(func(u *auth.User) { u.Username = auth.Username{Name: "x", Key: text} }),
		"CreateSignUp, profile":      withSignUp(func(u *auth.SignUp) { u.Profile = profile.Profile(text) }),
		"CreateSignUp, username":     withSignUp(func(u *auth.SignUp) { u.Username = auth.Username{Name: text, Key: "x"} }),
		"CreateSignUp, username key": withSignUp(func(u *auth.SignUp) { u.Username = auth.Username{Name: "x", Key: text} }),
		"CreateUser, hash":           withUser(func(u *auth.User) { u.PasswordHash = secret.Text(text) }),
		"CreateSignUp, addr":         withSignUp(func(u *auth.SignUp) { u.Email.Address = text }),
		"CreateSignUp, key":          withSignUp(func(u *auth.SignUp) { u.Email.Canonical = text }),
		"CreateSignUp, name":         withSignUp(func(u *auth.SignUp) { u.Name = text }),
		"CreateSignUp, hash":         withSignUp(func(u *auth.SignUp) { u.PasswordHash = secret.Text(text) }),
		"CreateSession, ip":          withSession(func(s *auth.Session) { s.IPAddress = text }),
		"CreateSession, agent":       withSession(func(s *auth.Session) { s.UserAgent = text }),
		"CreateSession, methods":     withSession(func(s *auth.Session) { s.Methods = []auth.Method{auth.Method(text)} }),
		"CreateToken, key":           withToken(func(o *auth.OneTimeToken) { o.EmailKey = text }),
		"CreateToken, purpose":       withToken(func(o *auth.OneTimeToken) { o.Purpose = auth.Purpose(text) }),
		"SetPassword": func(s rows) error {
			return s.SetPassword(t.Context(), known.ID, secret.Text(text), noon)
		},
		"SetUsername, name": func(s rows) error {
			return s.SetUsername(t.Context(), known.ID, auth.Username{Name: text, Key: "x"}, noon)
		},
		"SetUsername, key": func(s rows) error {
			return s.SetUsername(t.Context(), known.ID, auth.Username{Name: "x", Key: text}, noon)
		},
		"UserByUsername":   func(s rows) error { _, err := s.UserByUsername(t.Context(), text); return err },
		"SignUpByUsername": func(s rows) error { _, err := s.SignUpByUsername(t.Context(), text); return err },
		"UserByEmail":      func(s rows) error { _, err := s.UserByEmail(t.Context(), text); return err },
		"NewestSignUp":     func(s rows) error { _, err := s.NewestSignUp(t.Context(), text); return err },
		"SignUpsByEmail":   func(s rows) error { _, err := s.SignUpsByEmail(t.Context(), text); return err },
		"TakeSignUps":      func(s rows) error { _, err := s.TakeSignUps(t.Context(), text); return err },
		"TokenByDigest": func(s rows) error {
			_, err := s.TokenByDigest(t.Context(), auth.Purpose(text), digest())
			return err
		},
		"TakeToken": func(s rows) error {
			_, err := s.TakeToken(t.Context(), auth.Purpose(text), digest())
			return err
		},
		"CreateCode, key":     withCode(func(c *auth.OneTimeCode) { c.EmailKey = text }),
		"CreateCode, purpose": withCode(func(c *auth.OneTimeCode) { c.Purpose = auth.Purpose(text) }),
		"MintCode, key": func(s rows) error {
			code := newCode()
			code.EmailKey = text
			return s.MintCode(t.Context(), code)
		},
		"MintCode, purpose": func(s rows) error {
			code := newCode()
			code.Purpose = auth.Purpose(text)
			return s.MintCode(t.Context(), code)
		},
		"TryCode": func(s rows) error {
			_, err := s.TryCode(t.Context(), auth.Purpose(text), newID(), uuid.Nil, 5)
			return err
		},
		"CountWrongCode":   func(s rows) error { _, err := s.CountWrongCode(t.Context(), text, noon, time.Time{}); return err },
		"WrongCodes":       func(s rows) error { _, err := s.WrongCodes(t.Context(), text, time.Time{}); return err },
		"ForgetWrongCodes": func(s rows) error { return s.ForgetWrongCodes(t.Context(), text) },
		"AddToOutbox, address": func(s rows) error {
			item := mail()
			item.IPAddress = text
			return s.AddToOutbox(t.Context(), item)
		},
		"AddToOutbox, device": func(s rows) error {
			item := mail()
			item.Device = text
			return s.AddToOutbox(t.Context(), item)
		},
		"AddToOutbox, recipient": func(s rows) error {
			item := mail()
			item.Recipient = text
			return s.AddToOutbox(t.Context(), item)
		},
		"HasNewer": func(s rows) error {
			item := mail()
			item.Recipient = text
			_, err := s.HasNewer(t.Context(), item)
			return err
		},
		"AddToOutbox, redirect": func(s rows) error {
			item := mail()
			item.RedirectURL = text
			return s.AddToOutbox(t.Context(), item)
		},
		"MeetDevice":           func(s rows) error { _, _, err := s.MeetDevice(t.Context(), known.ID, text, noon); return err },
		"TakeLease":            func(s rows) error { _, err := s.TakeLease(t.Context(), text, newID(), noon, noon); return err },
		"AddAuditEvent, act":   withEvent(func(e *auth.AuditEvent) { e.Act = auth.Act(text) }),
		"AddAuditEvent, out":   withEvent(func(e *auth.AuditEvent) { e.Outcome = text }),
		"AddAuditEvent, id":    withEvent(func(e *auth.AuditEvent) { e.RequestID = text }),
		"AddAuditEvent, ip":    withEvent(func(e *auth.AuditEvent) { e.IPAddress = text }),
		"AddAuditEvent, agent": withEvent(func(e *auth.AuditEvent) { e.UserAgent = text }),
		"AddToOutbox, key": func(s rows) error {
			item := mail()
			item.EmailKey = text
			return s.AddToOutbox(t.Context(), item)
		},
		"AddToOutbox, job": func(s rows) error {
			item := mail()
			item.Job = auth.Job(text)
			return s.AddToOutbox(t.Context(), item)
		},
		"RetryOutbox": func(s rows) error {
			return s.RetryOutbox(t.Context(), newID(), newID(), noon, text)
		},
		"AbandonOutbox": func(s rows) error {
			return s.AbandonOutbox(t.Context(), newID(), newID(), noon, text)
		},
	}
}
