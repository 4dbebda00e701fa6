package httpd

import (
	"context"
	"crypto/hmac"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/locale"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Accounts is what the pages ask of the domain; auth.Service is one. What the user can mend comes
// back as auth.Problems, and a server that is too busy as *auth.Error of kind RateLimited.
type Accounts interface {
	// ConfirmEmailInSession confirms the address that the token was mailed to and returns its user, who has
	// no password if several sign-ups were waiting. An account with a second factor needs its session for it.
	ConfirmEmailInSession(ctx context.Context, token, session secret.Text) (*auth.User, error)
	// ResetPassword gives the user of the token a new password. The token is used up only if the
	// password is accepted.
	ResetPassword(ctx context.Context, token, newPassword secret.Text) (*auth.User, error)
	// UndoEmailChange gives the account back to the address that a change left, and returns its user.
	UndoEmailChange(ctx context.Context, token secret.Text) (*auth.User, error)
	// LinkFollowed reports whether one of these, called with the mark in its Request, did what it is for lately, on any
	// replica.
	LinkFollowed(ctx context.Context, mark []byte) (bool, error)
}

// tokenLimit is far more than any token has; what is longer is not worth asking about.
const tokenLimit = 256 // bytes

// link is a page that a mailed link opens, with the token in the query. Programs that look at mail
// open links too, so that opening it shows a form and changes nothing; its button sends the token in
// a body, and only that acts.
type link struct {
	path     string // without the leading slash
	page     string // the file of the form
	form     view
	password bool     // the form has a field for one
	done     donePage // what is said again of a link that worked, without the account
	another  string   // how to get a new link
	validFor time.Duration
	// act does what the link is for and returns the title and the lines of the page that says so. The session is that of
	// the cookie; empty: none.
	act func(ctx context.Context, token, session secret.Text, form url.Values) (title string, lines []string, err error)
}

// link returns the handler of a link.
func (s *Server) link(l link) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			s.followLink(w, r, l)
			return
		}
		token := r.URL.Query().Get("token")
		if !plausible(token) {
			s.linkInvalid(w, r, l)
			return
		}
		s.showForm(w, r, http.StatusOK, l, token, nil)
	}
}

// followLink acts on a button that was pressed.
func (s *Server) followLink(w http.ResponseWriter, r *http.Request, l link) {
	form, ok := s.readForm(w, r)
	if !ok {
		return
	}
	token := form.Get("token")
	if !plausible(token) {
		s.linkInvalid(w, r, l)
		return
	}

	var session secret.Text
	if s.config.Cookies != nil {
		session, _ = s.config.Cookies.Token(r)
	}
	browser, told := browserOf(r)
	mark := s.done.mark(browser, l.path, form)
	facts := auth.RequestFrom(r.Context())
	facts.LinkMark = []byte(mark)
	r = r.WithContext(auth.WithRequest(r.Context(), facts))
	page, err := s.done.follow(r.Context(), mark, func() (*donePage, error) {
		title, lines, err := l.act(r.Context(), secret.Text(token), session, form)
		if err != nil {
			return nil, err
		}
		return &donePage{title, lines}, nil
	})
	auth.ReportFrom(r.Context()).Done(nil, codesOf(err))
	if err == nil {
		s.setBrowser(w, r, l, browser, mark)
		s.page(w, r, http.StatusOK, "message.html", view{Title: page.title, Lines: page.lines, SignIn: true})
		return
	}
	if problems, ok := errors.AsType[auth.Problems](err); ok {
		if slices.ContainsFunc(problems, func(p auth.Problem) bool { return p.Code == auth.InvalidToken }) {
			followed := hmac.Equal([]byte(told), []byte(mark)) // it worked, on another replica
			if !followed {                                     // the browser has no answer yet: two clicks at once
				if followed, err = s.config.Accounts.LinkFollowed(r.Context(), facts.LinkMark); err != nil {
					s.linkFault(w, r, err)
					return
				}
			}
			if followed {
				s.page(w, r, http.StatusOK, "message.html", view{Title: l.done.title, Lines: l.done.lines, SignIn: true})
				return
			}
			s.linkInvalid(w, r, l)
			return
		}
		s.showForm(w, r, http.StatusUnprocessableEntity, l, token, problems)
		return
	}
	if busy, ok := errors.AsType[*auth.Error](err); ok && busy.Kind == auth.RateLimited {
		// Not 503, which would make a load balancer think that this server is broken and send
		// the same to the next.
		w.Header().Set("Retry-After", retryAfter(busy.RetryAfter))
		s.showForm(w, r, http.StatusTooManyRequests, l, token, auth.Problems{{Message: busy.Message}})
		return
	}
	s.linkFault(w, r, err)
}

// linkFault answers a link that met a fault of ours.
func (s *Server) linkFault(w http.ResponseWriter, r *http.Request, err error) {
	s.config.Logger.LogAttrs(r.Context(), slog.LevelError, "link",
		slog.String("request_id", requestID(r)), slog.String("route", r.Pattern), slog.String("error", err.Error()))
	s.internalPage(w, r)
}

// showForm answers with the form of a link, and with what was wrong the last time: at the password's
// field if there is one and the problem is of a field, above the form otherwise.
func (s *Server) showForm(w http.ResponseWriter, r *http.Request, status int, l link, token string, problems auth.Problems) {
	v := l.form
	v.Action, v.Token = l.path, token
	for _, problem := range problems {
		v.Prove = v.Prove || problem.Code == auth.SecondFactorNeeded
		message := s.pages.texts.problem(string(problem.Code), problem.Message)
		if l.password && len(problem.Path) > 0 {
			v.Problems = append(v.Problems, message)
		} else {
			v.Alerts = append(v.Alerts, message)
		}
	}
	browser, _ := browserOf(r)
	s.setBrowser(w, r, l, browser, "")
	s.page(w, r, status, l.page, v)
}

// linkInvalid says that a link cannot be used, and how to get one that can. The status is 400 for
// every reason: 410 or 404 would tell a used link from one that never was, which no one is told.
func (s *Server) linkInvalid(w http.ResponseWriter, r *http.Request, l link) {
	span := s.say("link.span.limited")
	if l.validFor > 0 {
		span = s.say("link.span.for", "span", s.inWords(l.validFor))
	}
	s.message(w, r, http.StatusBadRequest, s.say("link.invalid.title"), s.say("link.invalid.why", "span", span), l.another)
}

// codesOf returns the codes of what went wrong, those of GraphQL where it is no problem of the form.
func codesOf(err error) []string {
	if err == nil {
		return nil
	}
	if problems, ok := errors.AsType[auth.Problems](err); ok {
		var codes []string
		for _, problem := range problems {
			if code := string(problem.Code); !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
		return codes
	}
	if busy, ok := errors.AsType[*auth.Error](err); ok && busy.Kind == auth.RateLimited {
		return []string{"RATE_LIMITED"}
	}
	return []string{"INTERNAL"}
}

// plausible reports whether s is worth asking the domain about.
func plausible(s string) bool { return s != "" && len(s) <= tokenLimit }

// retryAfter returns the value of the header: whole seconds, rounded up, at least one.
func retryAfter(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}

// inWords returns a span of time as a reader would say it, in the largest unit that fits evenly.
func (s *Server) inWords(d time.Duration) string {
	n, unit := locale.InUnit(d, 24*time.Hour)
	if n == 1 {
		return s.say("link.span." + string(unit))
	}
	return s.say("link.span."+string(unit)+"s", "n", strconv.Itoa(n))
}
