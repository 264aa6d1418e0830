package server

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"cellnet/bench"
)

// browser is a Chromium without a window, driven by the DevTools protocol over
// pipes: messages of JSON that end with a zero byte.
type browser struct {
	t        *testing.T
	commands *os.File
	events   *bufio.Reader
	session  string
	last     int
}

// openBrowser starts Chromium on an empty page.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is missing: apt install chromium")
	}
	theirs, commands, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	events, answers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--remote-debugging-pipe", "--no-first-run", "--hide-scrollbars",
		"--window-size=1360,1100", "--user-data-dir="+t.TempDir())
	cmd.ExtraFiles = []*os.File{theirs, answers} // 3 and 4, as the protocol has it
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Skipf("Chromium does not start: %v", err)
	}
	theirs.Close()
	answers.Close()
	b := &browser{t: t, commands: commands, events: bufio.NewReader(events)}
	if err := events.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		commands.Close() // without its commands Chromium ends
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		events.Close()
		if t.Failed() {
			t.Logf("Chromium: %s", stderr.String())
		}
	})
	target := b.call("Target.createTarget", map[string]any{"url": "about:blank"})
	b.session, _ = b.call("Target.attachToTarget", map[string]any{"targetId": target["targetId"], "flatten": true})["sessionId"].(string)
	return b
}

// call gives the result of a command.
func (b *browser) call(method string, params map[string]any) map[string]any {
	b.t.Helper()
	b.last++
	message := map[string]any{"id": b.last, "method": method, "params": params}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.commands.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		text, err := b.events.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		var answer struct {
			ID     int
			Result map[string]any
			Error  any
		}
		if err := json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &answer); err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		if answer.ID != b.last {
			continue // an event
		}
		if answer.Error != nil {
			b.t.Fatalf("%s: %v", method, answer.Error)
		}
		return answer.Result
	}
}

// value gives the value of a JavaScript expression.
func (b *browser) value(expression string) any {
	b.t.Helper()
	r := b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true})
	if r["exceptionDetails"] != nil {
		b.t.Fatalf("%s: %v", expression, r["exceptionDetails"])
	}
	result, _ := r["result"].(map[string]any)
	return result["value"]
}

// await waits until an expression is true.
func (b *browser) await(expression string) {
	b.t.Helper()
	for range 300 {
		if b.value(expression) == true {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("%s did not become true; the page says: %v", expression, b.value("document.body.innerText"))
}

func (b *browser) open(url string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": url})
	b.await("document.readyState === 'complete' && document.getElementById('benchmark')?.textContent !== ''")
}

// enter types a text into a field that has nothing in it, and presses Enter.
func (b *browser) enter(field, text string) {
	b.t.Helper()
	b.value(fmt.Sprintf("document.querySelector(%q).focus(); document.querySelector(%[1]q).select()", field))
	b.call("Input.insertText", map[string]any{"text": text})
	for _, kind := range []string{"keyDown", "keyUp"} {
		b.call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13})
	}
}

// texts gives the texts of the elements that a selector finds.
func (b *browser) texts(selector string) (texts []string) {
	b.t.Helper()
	list, _ := b.value(fmt.Sprintf("[...document.querySelectorAll(%q)].map((e) => e.textContent)", selector)).([]any)
	for _, text := range list {
		s, _ := text.(string)
		texts = append(texts, s)
	}
	return texts
}

// screenshotVariable names the file that the page's picture is written to.
const screenshotVariable = "CELLNET_SCREENSHOT"

func TestPageInBrowser(t *testing.T) {
	address, stop := start(t, openStore(t), Options{})
	b := openBrowser(t)
	const archString = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|"

	// Without an architecture: the best ones.
	b.open("http://" + address + "/")
	b.await("document.querySelectorAll('#best tbody tr').length === 3")
	b.await("document.getElementById('points').dataset.count === '3'")
	if got := b.value("document.getElementById('architecture').hidden"); got != true {
		t.Error("an architecture is shown that nobody asked for")
	}

	// Searched by index.
	b.enter("#arch", "11")
	b.await("document.querySelectorAll('#curves path.curve').length === 6") // 3 trials on 2 sets
	if got := b.texts("#string"); !slices.Equal(got, []string{archString}) {
		t.Errorf("arch string %q", got)
	}
	b.await("document.getElementById('cell').naturalWidth > 0")
	if got := b.texts("#cost td"); len(got) != 8 || got[1] != "113.95" || got[3] != "0.802" {
		t.Errorf("cost %q", got)
	}
	if got := b.texts("#best tbody tr.picked td:first-child"); !slices.Equal(got, []string{"11"}) {
		t.Errorf("picked in the best table: %q", got)
	}
	if got := b.value("location.search"); got != "?arch=11&dataset=cifar10&hp=200&set=test&curve=accuracy" {
		t.Errorf("URL state %v", got)
	}

	// A limit narrows the best table.
	b.enter("input[name=max-flops]", "50")
	b.value("document.activeElement.blur()")
	b.await("document.querySelectorAll('#best tbody tr').length === 2")
	if got := b.texts("#best tbody td:first-child"); !slices.Equal(got, []string{"284", "0"}) {
		t.Errorf("within 50 MFLOPs: %q", got)
	}

	// A click on a row shows its architecture.
	b.value("document.querySelector('#best tbody tr').click()")
	b.await("document.getElementById('name').textContent === 'Architecture 284'")

	// Searched by string, and what is not there.
	b.enter("#arch", archString)
	b.await("document.getElementById('name').textContent === 'Architecture 11'")
	b.enter("#arch", "99999")
	b.await("!document.getElementById('error').hidden && document.getElementById('error').textContent.includes('want 0 to 15624')")

	// The URL brings all of it back.
	b.open("http://" + address + "/?arch=11&dataset=cifar100&hp=200&set=test&curve=accuracy")
	b.await("document.querySelectorAll('#curves .curve').length === 12") // 2 curves and 2 last values of 3 trials
	b.await("document.querySelectorAll('#best tbody tr').length === 3 && document.getElementById('points').dataset.count === '3'")
	if got := b.texts("#metrics tbody tr:first-child td"); len(got) != 4 || got[1] != "96.10" {
		t.Errorf("metrics %q", got)
	}
	if name := os.Getenv(screenshotVariable); name != "" {
		b.await("document.getElementById('cell').naturalWidth > 0")
		b.screenshot(name)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// screenshot writes a picture of the whole page.
func (b *browser) screenshot(name string) {
	b.t.Helper()
	shot := b.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true})
	text, _ := shot["data"].(string)
	picture, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(name, picture, 0o666); err != nil {
		b.t.Fatal(err)
	}
}

func TestSearchInBrowser(t *testing.T) {
	results, err := bench.OpenBuiltin()
	if err != nil {
		t.Fatal(err)
	}
	address, stop := start(t, results, Options{})
	b := openBrowser(t)
	b.open("http://" + address + "/")
	b.await("document.querySelectorAll('#best tbody tr').length > 3")
	for n, algorithm := range []string{"local", "random"} {
		b.value(fmt.Sprintf("document.querySelector('#searching [name=algorithm]').value = '%s'", algorithm))
		b.value("document.querySelector('#searching').requestSubmit()")
		b.await(fmt.Sprintf("document.querySelectorAll('#search-legend span').length === %d", n+1))
	}
	// A band and a line for each.
	if got := b.value("document.querySelectorAll('#search-curves path').length"); got != 4.0 {
		t.Errorf("%v paths, want 4", got)
	}
	if got := b.texts("#found tbody td:first-child"); !slices.Contains(got, "local") || !slices.Contains(got, "random") {
		t.Errorf("found by %q", got)
	}
	// What they trained is marked among all architectures.
	visited := "Number(document.getElementById('points').dataset.visited)"
	if got, _ := b.value(visited).(float64); got < 500 || b.value("document.getElementById('points').dataset.count") != "15625" {
		t.Errorf("%v architectures are marked", got)
	}
	// A click on what was found shows it. There are costs on devices, no curves.
	b.value("document.querySelector('#found tbody tr').click()")
	b.await("document.querySelectorAll('#cost tr').length === 13 && document.querySelectorAll('#metrics tbody tr').length > 0")
	b.await("document.getElementById('legend').textContent.includes('NATS-tss-v1_0-3ffb9') && document.getElementById('error').hidden")
	if name := os.Getenv(screenshotVariable + "_SEARCH"); name != "" {
		b.await("document.getElementById('cell').naturalWidth > 0")
		b.screenshot(name)
	}
	// The scatter against a device that some cells don't run on.
	b.value("document.querySelector('[name=device]').value = 'edgetpu_latency'; document.querySelector('[name=device]').dispatchEvent(new Event('change', {bubbles: true}))")
	b.await("document.getElementById('points').dataset.count === '10926'")
	for field, want := range map[string]string{"runs=1000": "want 1 to 20", "budget=1e300": "at most 20000", "max=flops": "limit"} {
		name, value, _ := strings.Cut(field, "=")
		b.value(fmt.Sprintf("document.querySelector('#searching [name=%s]').value = '%s'", name, value))
		b.value("document.querySelector('#searching').requestSubmit()")
		b.await(fmt.Sprintf("document.getElementById('error').textContent.includes('%s')", want))
		b.value(fmt.Sprintf("document.querySelector('#searching [name=%s]').value = ''", name))
	}
	b.value("document.querySelector('#searching [type=reset]').click()")
	b.await(visited + " === 0")
	if err := stop(); err != nil {
		t.Error(err)
	}
}
