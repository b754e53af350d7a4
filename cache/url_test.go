package cache_test

import (
	"strings"
	"testing"

	"github.com/corpintel/corpintel/cache"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	// The value is the place, "" where the URL is refused.
	tests := map[string]string{ //nolint:gosec // no credentials
		"redis://localhost":                       "Redis at localhost:6379",
		"redis://:secret@10.0.0.1:7000/3":         "Redis at 10.0.0.1:7000",
		"rediss://user:se,cret@redis.example.com": "Redis at redis.example.com:6379",
		"redis://[::1]:6380":                      "Redis at [::1]:6380",
		"unix:///run/redis/redis.sock":            "Redis at /run/redis/redis.sock",
		"unix:///a,b/redis.sock":                  "Redis at /a,b/redis.sock",
		"redis://h?pool_size=5&read_timeout=30s":  "Redis at h:6379",
		"redis://h?cluster=false":                 "Redis at h:6379",
		"redis://h:7000?cluster=true":             "Redis cluster at h:7000",
		"redis://user:secret@a:1,b:2,[::1]:3":     "Redis cluster at a:1, b:2, [::1]:3",
		"rediss://a,b":                            "Redis cluster at a:6379, b:6379",
		"":                                        "",
		"localhost:6379":                          "",
		"redis://":                                "",
		"http://h":                                "",
		"unix://":                                 "",
		"unix:///s?cluster=true":                  "",
		"redis://h/x":                             "",
		"redis://h:99999999999":                   "",
		"redis://h?cluster=maybe":                 "",
		"redis://h?no_such=1":                     "",
		"redis://h?pool_size=many":                "",
		"redis://a,b/1":                           "",
		"redis://a,,b":                            "",
		"redis://a,b:x":                           "",
		"redis://a,other:secret@b":                "Redis at b:6379", // all before the last @ is the user
		"redis://a\x00b":                          "",
		"redis://h ost":                           "",
		"redis://" + strings.Repeat("a,", 1000) + "a:x": "",
	}
	for url, want := range tests {
		got, err := cache.ParseURL(url)
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error tells the password: %v", url, err)
		}
		if (err != nil) != (want == "") {
			t.Errorf("%q: %v, want %q", url, err, want)
			continue
		}
		if err == nil && got.Place() != want {
			t.Errorf("%q: %q, want %q", url, got.Place(), want)
		}
	}
}

// FuzzParseURL refuses, or opens what it says; and it never tells the password.
func FuzzParseURL(f *testing.F) {
	f.Add("redis://user:S3CRET@a:1,b:2/0?cluster=true")
	f.Add("unix:///run/redis.sock?db=1")
	f.Add("rediss://:S3CRET@[::1]:6379/15?pool_size=3")
	f.Fuzz(func(t *testing.T, url string) {
		parsed, err := cache.ParseURL(url)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "want redis://user:password@host:port/db") {
				t.Errorf("%q: %v", url, err)
			}
			return
		}
		if parsed.Place() == "" {
			t.Errorf("%q: no place", url)
		}
		c, err := cache.Open(url, cache.Options{})
		if err != nil {
			t.Fatalf("%q: parsed, but not opened: %v", url, err)
		}
		if err := c.Close(); err != nil {
			t.Errorf("%q: %v", url, err)
		}
	})
}
