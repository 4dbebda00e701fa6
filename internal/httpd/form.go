package httpd

import (
	"errors"
	"mime"
	"net/http"
	"net/url"

	"github.com/latchkey-auth/latchkey/internal/text"
)

// readForm returns the fields of a form that one of our own pages sent. When it returns false it has
// answered: the form came from another site, is too large, or is something no page of ours sends.
//
// Fields of the query are not among them: what acts is what was in the form.
func (s *Server) readForm(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	if err := s.origins.Check(r); err != nil {
		s.message(w, r, http.StatusForbidden, s.say("form.foreign.title"), s.say("form.foreign.text"), s.say("form.foreign.again"))
		return nil, false
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		w.Header().Set("Accept-Post", "application/x-www-form-urlencoded")
		s.message(w, r, http.StatusUnsupportedMediaType, s.say("form.kind.title"), s.say("form.kind.text"))
		return nil, false
	}

	err = r.ParseForm()
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		s.message(w, r, http.StatusRequestEntityTooLarge, s.say("form.long.title"), s.say("form.long.text"))
		return nil, false
	}
	if err != nil || !clean(r.PostForm) {
		s.message(w, r, http.StatusBadRequest, s.say("form.unreadable.title"), s.say("form.unreadable.text"))
		return nil, false
	}
	return r.PostForm, true
}

// clean reports whether all fields are valid UTF-8 without NUL, which no browser sends and no
// database takes.
func clean(form url.Values) bool {
	for _, values := range form {
		for _, value := range values {
			if !text.Storable(value) {
				return false
			}
		}
	}
	return true
}
