# nix run 'git+https://REPOSITORY?dir=packaging/nix' -- claude
{
  description = "run AI coding agents in a sandbox";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "riscv64-linux" "x86_64-darwin" "aarch64-darwin" ];
      each = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
      version = self.shortRev or self.dirtyShortRev or "dev";
    in
    {
      packages = each (pkgs: {
        default = pkgs.buildGoModule {
          pname = "jail";
          inherit version;
          src = ../..;
          # Of the folder that go mod vendor makes; packaging/flake_test.go computes it: go -C packaging test . -update
          vendorHash = "sha256-BGXOyK90zFutjmm14XFrAEIAN/wyFl0ZG5Ahc5VPAuE=";
          subPackages = [ "." ];
          env.CGO_ENABLED = 0;
          tags = [ "urfave_cli_no_docs" ];
          ldflags = [ "-s" "-w" "-X main.version=${version}" ];
          doCheck = false; # the tests make jails, and builds of Nix run in a sandbox that lets nobody
          nativeBuildInputs = [ pkgs.installShellFiles ];
          postInstall = ''
            installManPage docs/jail.1
            installShellCompletion --cmd jail --bash completion/bash.sh --zsh completion/zsh.sh --fish completion/fish.fish
          '';
          meta = {
            description = "Run AI coding agents in a sandbox";
            license = nixpkgs.lib.licenses.mit;
            mainProgram = "jail";
          };
        };
      });
    };
}
