package graph

import (
	"encoding/json"
	"testing"
)

// FuzzAnswersAreAsEncodingJSONWritesThem holds what is copied against what would have been written.
func FuzzAnswersAreAsEncodingJSONWritesThem(f *testing.F) {
	for _, data := range []string{
		`{"me":{"email":"ada@example.com","name":"Ada Lovelace"}}`, `null`, `{}`, `{ "a": 1}`, "{\"a\":1}\n", `{"a":"\" <b>\\"}`, `{"a":"\\"} `,
		`{"a":"x & y"}`, `{"a":"€"}`, "{\"a\":\"\u2028\"}", "{\"a\":\"\xff\"}", `{"a":"Grüße"}`, `{"a":"\u003c","b":"\\\" "}`, `{"<":1}`,
	} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data string) {
		if !json.Valid([]byte(data)) {
			t.Skip("it is no JSON, and gqlgen writes nothing else")
		}
		a := &answer{Data: json.RawMessage(data)}
		want, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.encode(); string(got) != string(want) {
			t.Errorf("the answer is %q, want %q", got, want)
		}
	})
}

// BenchmarkAnswer encodes an answer, beside encoding/json.
func BenchmarkAnswer(b *testing.B) {
	a := &answer{Data: json.RawMessage(`{"me":{"id":"01999999-7777-7777-8888-999999999999","email":"ada@example.com","emailVerified":true,"name":"Ada Lovelace","role":"USER"}}`)}
	b.Run("encoding json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(a); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("latchkey", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			a.encode()
		}
	})
}
