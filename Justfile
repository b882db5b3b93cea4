# `just` lists the recipes; .ci/run calls the same commands.

export CGO_ENABLED := "0"

default:
    @just --list

# What a release is: one static binary.
build:
    go build -tags urfave_cli_no_docs -trimpath -ldflags "-s -w -X main.version=$(git describe --always --dirty)" -o dist/jail .

# A release for all machines in FOLDER: binaries, archives, deb, rpm, recipes, contents, checksums; docs/install.md tells more.
release FOLDER *ARGS:
    go -C packaging run . -out {{absolute_path(FOLDER)}} {{ARGS}}

# All tests. As root the end-to-end scripts run as an ordinary user, and a few as root.
test:
    go test ./...

# Real tools in a jail, a script each; loudly skipped where the tool is not installed. JAIL_AGENTS names a folder of agents' programs.
tools *ARGS:
    go test ./e2e -run TestTools -v {{ARGS}}

# The attacks of docs/threat-model.md: what was tried, what blocks it, and what the control said.
attacks:
    cd e2e/attacks && go test -count=1 -table

# Format, vet for both platforms, static analysis.
lint:
    test -z "$(gofmt -l .)"
    go vet ./...
    GOOS=darwin go vet ./...
    go tool staticcheck ./...

# The first command of the README and all tests in Debian's smallest system with Go and git, as root and as a user. Needs root.
bare-root *FOLDER:
    .ci/bare-root {{FOLDER}}

# What CI runs, with every feature of the kernel required.
ci:
    bash .ci/run

# Start-up against bubblewrap, and work inside against the same outside, as ratios of one run with the bounds to keep.
bench *ARGS:
    go run ./bench {{ARGS}}

# Write what the plans and the layouts of jail top are into the golden files, what is made of the program in docs, and the hash of the
# modules for Nix; look at the difference before you commit it.
golden:
    go test ./plan -update
    go test ./dashboard -update
    go test . -run 'TestManPage|TestMigratingTable|TestConfigReference' -update
    go -C packaging test . -run TestFlakeHash -update
