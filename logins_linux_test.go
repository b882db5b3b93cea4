package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"jail/config"
	"jail/layers"
)

// What comes out of a jail of the files that agents write, as they write them.
func TestPresetLogins(t *testing.T) {
	for name, c := range map[string]struct {
		agent, have, fresh string
		want               string
		left               []string
	}{
		"claude renews": {"claude",
			`{"claudeAiOauth":{"accessToken":"1","refreshToken":"1","expiresAt":1,"scopes":["user:inference"],"subscriptionType":"max","rateLimitTier":"a"},"organizationUuid":"o"}`,
			`{"claudeAiOauth":{"accessToken":"2","refreshToken":"2","expiresAt":2,"scopes":["user:inference","user:profile"],"subscriptionType":"max","rateLimitTier":"b"},"organizationUuid":"o"}`,
			`{"claudeAiOauth":{"accessToken":"2","expiresAt":2,"rateLimitTier":"b","refreshToken":"2","scopes":["user:inference","user:profile"],"subscriptionType":"max"},"organizationUuid":"o"}`, nil},
		"claude after a logout": {"claude", `{}`, `{"claudeAiOauth":{"accessToken":"1","refreshToken":"1","expiresAt":1,"scopes":[],"subscriptionType":null}}`,
			`{"claudeAiOauth":{"accessToken":"1","expiresAt":1,"refreshToken":"1","scopes":[],"subscriptionType":null}}`, nil},
		"claude and its servers": {"claude",
			`{"mcpOAuth":{"s|1":{"serverName":"s","serverUrl":"https://s","accessToken":"1","expiresAt":1}}}`,
			`{"mcpOAuth":{"s|1":{"serverName":"s","serverUrl":"https://s","accessToken":"2","expiresAt":2,"discoveryState":{"authorizationServerUrl":"https://evil"}},"t|1":{"serverName":"t","serverUrl":"https://evil","accessToken":"1"}}}`,
			`{"mcpOAuth":{"s|1":{"accessToken":"2","expiresAt":2,"serverName":"s","serverUrl":"https://s"}}}`, []string{"mcpOAuth s|1 discoveryState", "mcpOAuth t|1"}},
		"codex renews": {"codex",
			`{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{"id_token":"1","access_token":"1","refresh_token":"1","account_id":"a"},"last_refresh":"1"}`,
			`{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{"id_token":"2","access_token":"2","refresh_token":"2","account_id":"a"},"last_refresh":"2"}`,
			`{"OPENAI_API_KEY":null,"auth_mode":"chatgpt","last_refresh":"2","tokens":{"access_token":"2","account_id":"a","id_token":"2","refresh_token":"2"}}`, nil},
		"codex in another way": {"codex", `{"auth_mode":"apikey","OPENAI_API_KEY":"k"}`,
			`{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{"id_token":"2","access_token":"2","refresh_token":"2"},"last_refresh":"2"}`,
			`{"auth_mode":"apikey","OPENAI_API_KEY":"k"}`, []string{"auth_mode"}},
		"gemini renews": {"gemini", `{"access_token":"1","refresh_token":"1","scope":"s","token_type":"Bearer","id_token":"1","expiry_date":1}`,
			`{"access_token":"2","refresh_token":"1","scope":"s","token_type":"Bearer","id_token":"2","expiry_date":2}`,
			`{"access_token":"2","expiry_date":2,"id_token":"2","refresh_token":"1","scope":"s","token_type":"Bearer"}`, nil},
		"gemini and another server": {"gemini", `{"refresh_token":"1"}`,
			`{"refresh_token":"1","type":"external_account_authorized_user","token_url":"https://evil"}`,
			`{"refresh_token":"1"}`, []string{"token_url", "type"}},
		"qwen and another server": {"qwen", `{"access_token":"1","resource_url":"portal.qwen.ai"}`, `{"access_token":"2","resource_url":"evil"}`,
			`{"access_token":"1","resource_url":"portal.qwen.ai"}`, []string{"resource_url"}},
		"qwen and a first server": {"qwen", `{"access_token":"1"}`, `{"access_token":"2","resource_url":"evil"}`, `{"access_token":"2"}`, []string{"resource_url"}},
		"kimi renews": {"kimi", `{"access_token":"1","refresh_token":"1","expires_at":1.5,"scope":"s","token_type":"Bearer","expires_in":9.0}`,
			`{"access_token":"2","refresh_token":"2","expires_at":2.5,"scope":"s","token_type":"Bearer","expires_in":9.0}`,
			`{"access_token":"2","expires_at":2.5,"expires_in":9.0,"refresh_token":"2","scope":"s","token_type":"Bearer"}`, nil},
		"amp and another server": {"amp", `{"apiKey@https://ampcode.com/":"1"}`, `{"apiKey@https://ampcode.com/":"2","apiKey@https://evil/":"1"}`,
			`{"apiKey@https://ampcode.com/":"2"}`, []string{"apiKey@https://evil/"}},
		"opencode and more providers": {"opencode", `{"openai":{"type":"api","key":"1"}}`,
			`{"openai":{"type":"api","key":"1"},"anthropic":{"type":"oauth","access":"1","refresh":"1","expires":1},"https://evil":{"type":"wellknown","key":"K","token":"t"},"github-copilot":{"type":"oauth","access":"1","refresh":"1","expires":1,"enterpriseUrl":"evil"}}`,
			`{"anthropic":{"access":"1","expires":1,"refresh":"1","type":"oauth"},"openai":{"key":"1","type":"api"}}`, []string{"github-copilot", "https://evil"}},
	} {
		t.Run(name, func(t *testing.T) {
			agent, found, err := config.AgentFor(c.agent, "")
			if !found || err != nil {
				t.Fatal(found, err)
			}
			dir := t.TempDir()
			host, jailed := filepath.Join(dir, "host"), filepath.Join(dir, "jailed")
			old := time.Now().Add(-time.Hour)
			for path, text := range map[string]string{host: c.have, jailed: c.fresh} {
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chtimes(host, old, old); err != nil {
				t.Fatal(err)
			}
			_, err = layers.Credential{Host: host, Dir: dir, Path: "jailed", Values: agent.Login}.WriteBack(filepath.Join(dir, "lock"))
			var left *layers.LeftOutError
			if errors.As(err, &left) && !slices.Equal(left.Names, c.left) || (left == nil) != (err == nil) || left == nil && c.left != nil {
				t.Errorf("left: %v, want %q", err, c.left)
			}
			if got, err := os.ReadFile(host); err != nil || string(got) != c.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
			}
		})
	}
}
