package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// The value in the forms in which verbs and encoders would show it.
const value = "hunter2"

var traces = []string{value, "68756e74657232", "104 117 110", "aHVudGVyMg", "HUNTER2", "68 75 6e"}

// holder has its secrets where the comment of Text wants them.
type holder struct {
	Password secret.Text
	List     []secret.Text
	Pointer  *secret.Text
	Any      any
}

func newHolder() holder {
	text := secret.Text(value)
	return holder{Password: text, List: []secret.Text{text}, Pointer: &text, Any: text}
}

func expectHidden(t *testing.T, printed string) {
	t.Helper()
	for _, trace := range traces {
		if strings.Contains(printed, trace) {
			t.Fatal("got the secret printed, want it hidden")
		}
	}
	if !strings.Contains(printed, "[secret]") {
		t.Fatalf("nothing says that there is a secret: %q", printed)
	}
}

func TestTextDoesNotPrint(t *testing.T) {
	t.Parallel()
	text := secret.Text(value)
	arguments := map[string]any{
		"itself":      text,
		"in a struct": newHolder(),
		"in a slice":  []secret.Text{text},
		"in a map":    map[string]secret.Text{"password": text},
		"as a key":    map[secret.Text]int{text: 1},
	}
	verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%c", "%t", "%e", "%U", "%20s", "%-20v", "%.3s", "%!", "no verb"}

	for where, argument := range arguments {
		for _, verb := range verbs {
			t.Run(where+" with "+verb, func(t *testing.T) {
				expectHidden(t, fmt.Sprintf(verb, argument))
			})
		}
		t.Run(where+" with Sprint", func(t *testing.T) { expectHidden(t, fmt.Sprint(argument)) })
	}

	t.Run("as a pointer", func(t *testing.T) { expectHidden(t, fmt.Sprint(&text)) })
	t.Run("in an error", func(t *testing.T) {
		err := fmt.Errorf("log in: %w with %v", errors.New("no"), text)
		expectHidden(t, fmt.Errorf("request: %w", err).Error())
	})
	t.Run("called by hand", func(t *testing.T) {
		expectHidden(t, text.String())
		expectHidden(t, text.GoString())
	})
}

func TestTextIsNotEncoded(t *testing.T) {
	t.Parallel()
	t.Run("as JSON", func(t *testing.T) {
		encoded, err := json.Marshal(newHolder())
		if err != nil {
			t.Fatal(err)
		}
		expectHidden(t, string(encoded))
	})

	t.Run("as XML", func(t *testing.T) {
		encoded, err := xml.Marshal(struct {
			XMLName   xml.Name    `xml:"user"`
			Attribute secret.Text `xml:"attribute,attr"`
			Element   secret.Text `xml:"element"`
			Content   secret.Text `xml:",chardata"`
		}{Attribute: value, Element: value, Content: value})
		if err != nil {
			t.Fatal(err)
		}
		expectHidden(t, string(encoded))
		if bytes.Count(encoded, []byte("[secret]")) != 3 {
			t.Errorf("an attribute, an element and the content are three secrets: %s", encoded)
		}
	})
}

func TestTextIsNotLogged(t *testing.T) {
	t.Parallel()
	handlers := map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	}
	text := secret.Text(value)
	attributes := map[string]slog.Attr{
		"itself":      slog.Any("password", text),
		"as a string": slog.String("password", fmt.Sprint(text)),
		"in a struct": slog.Any("input", newHolder()),
		"in a group":  slog.Group("input", slog.Any("password", text)),
		"in an error": slog.Any("error", fmt.Errorf("log in with %q", text)),
		"in a map":    slog.Any("variables", map[string]any{"password": text}),
	}

	for name, handler := range handlers {
		for where, attribute := range attributes {
			t.Run(name+", "+where, func(t *testing.T) {
				var log bytes.Buffer
				slog.New(handler(&log)).Info("log in", attribute)
				expectHidden(t, log.String())
			})
		}
	}
}

func TestTextIsRevealedOnlyByName(t *testing.T) {
	t.Parallel()
	if secret.Text(value).Reveal() != value {
		t.Error("got another value from Reveal, want the secret")
	}

	var input struct{ Password secret.Text }
	if err := json.Unmarshal([]byte(`{"Password": "hunter2"}`), &input); err != nil {
		t.Fatal(err)
	}
	if input.Password.Reveal() != value {
		t.Error("got no secret from JSON, want it read")
	}
}
