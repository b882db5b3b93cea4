# Made by the recipe of the release: packaging/recipes/jail.rb
class Jail < Formula
  desc "Run AI coding agents in a sandbox"
  homepage "[[.URL]]"
  version "[[.Number]]"
  license "MIT"

  on_macos do
    on_arm do
      url "[[.Download]]/jail_[[.Number]]_darwin_arm64.tar.gz"
      sha256 "[[.Sum "darwin_arm64.tar.gz"]]"
    end
    on_intel do
      url "[[.Download]]/jail_[[.Number]]_darwin_amd64.tar.gz"
      sha256 "[[.Sum "darwin_amd64.tar.gz"]]"
    end
  end
  on_linux do
    on_arm do
      url "[[.Download]]/jail_[[.Number]]_linux_arm64.tar.gz"
      sha256 "[[.Sum "linux_arm64.tar.gz"]]"
    end
    on_intel do
      url "[[.Download]]/jail_[[.Number]]_linux_amd64.tar.gz"
      sha256 "[[.Sum "linux_amd64.tar.gz"]]"
    end
  end

  def install
    bin.install "jail"
    man1.install "man/man1/jail.1"
    bash_completion.install "completions/jail.bash" => "jail"
    zsh_completion.install "completions/_jail"
    fish_completion.install "completions/jail.fish"
    doc.install "README.md", "docs"
  end

  test do
    assert_match "jail [[.Version]]", shell_output("#{bin}/jail --version")
  end
end
