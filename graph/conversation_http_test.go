package graph_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"

	"github.com/google/go-cmp/cmp"
)

func (c *conversation) answer(where, status, text string) {
	c.t.Helper()
	wantHeaders, want := splitAnswer(text)
	gotStatus, gotHeaders, got := c.send(where)
	if want := status; strconv.Itoa(gotStatus) != want {
		c.t.Errorf("%s: the status is %d, want %s", where, gotStatus, want)
	}
	for name, values := range c.readHeaders(wantHeaders) {
		if diff := cmp.Diff(values, c.matchHeaders(values, gotHeaders.Values(name))); diff != "" {
			c.t.Errorf("%s: header %s (-want +got):\n%s", where, name, diff)
		}
	}

	var wantJSON, gotJSON any
	if err := json.Unmarshal([]byte(want), &wantJSON); err != nil {
		c.t.Fatalf("%s: the expected answer is no JSON: %v", where, err)
	}
	if err := json.Unmarshal(got, &gotJSON); err != nil {
		c.t.Fatalf("%s: the answer is no JSON: %v", where, err)
	}
	sortErrors(wantJSON)
	sortErrors(gotJSON)
	gotJSON = c.match(wantJSON, gotJSON)
	if diff := cmp.Diff(wantJSON, gotJSON); diff != "" {
		c.t.Errorf("%s: the answer (-want +got):\n%s", where, diff)
	}
}

func (c *conversation) send(where string) (status int, header http.Header, body []byte) {
	c.t.Helper()
	sent := []byte(c.body)
	if c.body == "" {
		var err error
		sent, err = json.Marshal(map[string]any{"query": c.document, "variables": c.variables})
		if err != nil {
			c.t.Fatalf("%s: %v", where, err)
		}
	}
	c.log.sent(sent)
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.url+"/graphql", bytes.NewReader(sent))
	if err != nil {
		c.t.Fatalf("%s: %v", where, err)
	}
	request.Header = c.headers.Clone()
	if request.Header.Get("Content-Type") == "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatalf("%s: %v", where, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatalf("%s: %v", where, err)
	}
	return response.StatusCode, response.Header, body
}
